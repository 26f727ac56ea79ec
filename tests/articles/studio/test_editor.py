"""The editor's page and what it saves, by a form and by its scripts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from articles.content import Content
from articles.enums import RevisionKind, Status
from articles.limits import MAX_BODY_CHARS
from articles.models import Article, Category, Revision
from articles.services.articles import article_save
from articles.services.publishing import article_archive, article_submit

NEW = "/studio/new/"


@pytest.fixture
def writer(author: User) -> Client:
    """The author's browser."""
    client = Client()
    client.force_login(author)
    return client


def send(client: Client, url: str, **data: Any) -> Any:
    """Send JSON as the editor's script does."""
    return client.post(url, json.dumps(data), content_type="application/json")


def form_of(article: Article, **changes: Any) -> dict[str, Any]:
    """Return what the page's form posts."""
    content = article.working()
    return {
        "title": content.title, "body": content.body, "slug": content.slug, "excerpt": "",
        "language": content.language, "category": content.category_id or "", "tags": ", ".join(content.tags),
        "cover": "", "seo_title": "", "seo_description": "", "origin": content.origin, "version": article.version,
    } | changes  # fmt: skip


def blank_form(**fields: Any) -> dict[str, Any]:
    """Return what the form of a new article posts."""
    return {"title": "", "body": "", "language": "en", "origin": "human", "tags": "", "version": ""} | fields


def save_url(article: Article) -> str:
    return f"/studio/articles/{article.pk}/save/"


# The page


def test_the_page_shows_the_text_its_fields_and_its_state(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft("A clear day", body="\nFirst line empty.", tags=("sky", "blue"))
    page = writer.get(f"/studio/articles/{article.pk}/")
    assert page.status_code == 200
    assert page.context["content"]["tags"] == "blue, sky"
    # A textarea swallows one line end after its tag, so the text's own needs another before it.
    assert '">\n\nFirst line empty.</textarea>' in page.text
    assert '<span class="status draft" data-article-state>Draft</span>' in page.text
    assert page["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_the_page_costs_a_fixed_number_of_queries(
    writer: Client, draft: Callable[..., Article], django_assert_num_queries: Any
) -> None:
    article = draft(tags=("one", "two", "three"))
    writer.get(f"/studio/articles/{article.pk}/")
    with django_assert_num_queries(7):
        writer.get(f"/studio/articles/{article.pk}/")


def test_an_excerpt_taken_from_the_text_is_shown_as_a_suggestion(writer: Client, draft: Callable[..., Article]) -> None:
    page = writer.get(f"/studio/articles/{draft(body='The first paragraph.').pk}/")
    assert page.context["content"]["excerpt"] == ""
    assert 'placeholder="The first paragraph."' in page.text


def test_changes_behind_a_published_article_are_what_is_edited(
    writer: Client, published: Callable[..., Article], author: User
) -> None:
    article = published(body="Live.")
    changed = Content(title="A quiet morning", body="Not live yet.")
    article_save(article_id=article.pk, content=changed, version=article.version, actor=author)
    page = writer.get(f"/studio/articles/{article.pk}/")
    assert "Draft, live version differs" in page.text
    assert "See live" in page.text
    assert page.context["content"]["body"] == "Not live yet."


def test_an_archived_article_can_be_read_and_not_written(editor: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    article_archive(article_id=article.pk, actor=User.objects.get(username="ana"))
    page = editor.get(f"/studio/articles/{article.pk}/")
    assert "archived" in page.text
    assert "data-save-state" not in page.text
    answer = send(editor, save_url(article), body="Changed.", version=article.version + 1)
    assert (answer.status_code, answer.json()) == (409, {"error": "archived"})


def test_who_may_view_but_not_change_gets_the_text_without_the_tools(draft: Callable[..., Article], db: None) -> None:
    reader = User.objects.create_user("rui")
    codenames = ["add_article", "view_article"]
    reader.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(reader)
    article = draft()
    page = client.get(f"/studio/articles/{article.pk}/")
    assert "You may read this article" in page.text
    assert client.post(save_url(article), form_of(article)).status_code == 403


def test_another_writers_draft_is_not_there(writer: Client, draft: Callable[..., Article], db: None) -> None:
    other = draft(author=User.objects.create_user("eve"))
    assert writer.get(f"/studio/articles/{other.pk}/").status_code == 404
    assert send(writer, save_url(other), body="Mine now.", version=1).status_code == 404
    assert writer.get("/studio/articles/999999/").status_code == 404


def test_a_visitor_is_sent_to_the_login_and_a_script_is_told(client: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    assert client.get(f"/studio/articles/{article.pk}/").status_code == 302
    answer = send(client, save_url(article), body="Words.", version=1)
    assert (answer.status_code, answer.json()["error"]) == (401, "log_in")
    assert client.post("/studio/preview/", {"body": "x"}, headers={"X-Requested-With": "studio"}).status_code == 401


# A new article


def test_a_form_makes_a_draft_and_leads_to_its_editor(writer: Client) -> None:
    page = writer.get(NEW)
    data = blank_form(title="A clear day", slug="", body="Words.\r\nMore.", version="")
    answer = writer.post(NEW, data | {"key": page.context["content"]["key"], "tags": "sky,  blue , "})
    article = Article.objects.get()
    assert answer["Location"] == f"/studio/articles/{article.pk}/?saved=save"
    assert (article.slug, article.body, article.status) == ("a-clear-day", "Words.\nMore.", Status.DRAFT)
    assert set(article.tags.values_list("name", flat=True)) == {"sky", "blue"}


def test_asking_twice_with_the_pages_key_makes_one_article(writer: Client) -> None:
    first = send(writer, NEW, title="A clear day", key="abc", kind="autosave")
    again = send(writer, NEW, title="A clear day at sea", key="abc", kind="autosave")
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"]
    assert Article.objects.get().title == "A clear day at sea"
    assert send(writer, NEW, title="Another", key="xyz").json()["id"] != first.json()["id"]


def test_what_is_not_valid_stands_beside_its_field_and_nothing_typed_is_lost(writer: Client) -> None:
    data = blank_form(title="t" * 256, body="Kept.", tags="?!", slug="not a slug", category="77")
    page = writer.post(NEW, data)
    assert page.status_code == 422
    form = page.context["form"]
    assert set(form.errors) == {"category"}  # what isn't a row is the form's to say, the rest the services'
    assert "Kept." in page.text
    again = writer.post(NEW, data | {"category": ""})
    assert set(again.context["form"].errors) == {"title", "tags", "slug"}
    assert 'aria-invalid="true"' in again.text
    assert Article.objects.count() == 0


def test_who_may_not_add_gets_no_empty_editor(db: None) -> None:
    user = User.objects.create_user("rev")
    user.user_permissions.add(Permission.objects.get(codename="review_article"))
    client = Client()
    client.force_login(user)
    assert client.get(NEW).status_code == 403
    assert send(client, NEW, title="T").status_code == 403


# Saving


def test_an_autosave_answers_what_the_page_shows(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    answer = send(writer, save_url(article), body="One two three.", version=1, kind="autosave").json()
    assert (answer["version"], answer["words"], answer["state"]) == (2, 3, "Draft")
    assert answer["excerpt"] == "One two three."
    newest = Revision.objects.order_by("-version").first()
    assert newest is not None
    assert (newest.kind, newest.written.title) == (RevisionKind.AUTOSAVE, article.title)


def test_an_asked_for_save_of_what_was_autosaved_keeps_the_revision(
    writer: Client, draft: Callable[..., Article]
) -> None:
    article = draft()
    send(writer, save_url(article), body="Once.", version=1, kind="autosave")
    answer = send(writer, save_url(article), body="Once.", version=2, kind="save")
    assert answer.json()["version"] == 2
    assert Revision.objects.get(article=article, version=2).kind == RevisionKind.SAVE


def test_saving_what_did_not_change_changes_nothing(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft(body="Line one.\nLine two.", tags=("a", "b"))
    answer = writer.post(save_url(article), form_of(article, body="Line one.\r\nLine two.", tags="b, a"))
    assert answer.status_code == 302
    article.refresh_from_db()
    assert article.version == 1


def test_saving_a_published_article_leaves_what_readers_see(
    writer: Client, published: Callable[..., Article], client: Client
) -> None:
    article = published(body="Live.")
    answer = send(writer, save_url(article), body="Changed.", version=article.version)
    assert answer.json()["state"] == "Draft, live version differs"
    assert "Live." in client.get(article.get_absolute_url()).text


def test_the_address_follows_the_title_until_a_reader_or_the_writer_knows_it(
    writer: Client, draft: Callable[..., Article], published: Callable[..., Article]
) -> None:
    half = draft("A cl")
    told = send(writer, save_url(half), title="A clear day", slug="a-cl", version=1).json()
    assert told["slug"] == "a-clear-day"
    own = send(writer, save_url(half), slug="my-own", version=told["version"]).json()
    assert send(writer, save_url(half), title="Other", version=own["version"]).json()["slug"] == "my-own"
    live = published("Known to readers")
    assert send(writer, save_url(live), title="Renamed", version=live.version).json()["slug"] == "known-to-readers"


def test_a_step_of_others_is_no_conflict_with_what_is_being_written(
    writer: Client, draft: Callable[..., Article], author: User
) -> None:
    article = draft()
    article_submit(article_id=article.pk, actor=author)
    answer = send(writer, save_url(article), body="Still typing.", version=1, kind="autosave")
    assert (answer.status_code, answer.json()["version"]) == (200, 3)
    assert answer.json()["state"] == "In review"


def test_a_stale_autosave_is_refused_and_told_where_to_compare(
    writer: Client, draft: Callable[..., Article], author: User
) -> None:
    article = draft()
    theirs = Content(title=article.title, body="Theirs.", slug=article.slug)
    article_save(article_id=article.pk, content=theirs, version=1, actor=author)
    answer = send(writer, save_url(article), body="Mine.", version=1, kind="autosave")
    assert answer.status_code == 409
    assert answer.json() == {
        "error": "stale", "version": 2, "conflict_url": f"/studio/articles/{article.pk}/conflict/",
    }  # fmt: skip
    article.refresh_from_db()
    assert article.body == "Theirs."


@pytest.mark.parametrize(
    "body",
    ["nonsense", "[]", '"text"', '{"title": ["a"]}', '{"title": {}}', "[" * 50_000, '{"kind": "publish"}',
     '{"no_such_field": 1}', b"\xff\xfe"],
)  # fmt: skip
def test_malformed_json_is_refused_with_the_reason(writer: Client, draft: Callable[..., Article], body: Any) -> None:
    answer = writer.post(save_url(draft()), body, content_type="application/json")
    assert answer.status_code == 422
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "   "), ("title", "t" * 256), ("title", "a\x00b"), ("body", "b" * (MAX_BODY_CHARS + 1)),
        ("body", "a\x00"), ("language", "xx"), ("origin", "robot"), ("category", 12345), ("category", "x"),
        ("cover", 999), ("cover", 2**70), ("tags", ",".join(map(str, range(30)))), ("slug", "no spaces"),
        ("seo_title", "s" * 121), ("seo_description", "s" * 301), ("excerpt", "e" * 301), ("version", -1),
        ("version", "soon"), ("title", "\ud800"),
    ],
)  # fmt: skip
def test_a_field_that_is_not_valid_is_named(
    writer: Client, draft: Callable[..., Article], field: str, value: Any
) -> None:
    article = draft()
    answer = send(writer, save_url(article), **({"version": 1} | {field: value}))
    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]
    article.refresh_from_db()
    assert article.version == 1


def test_what_is_too_large_is_refused_as_such(writer: Client, draft: Callable[..., Article]) -> None:
    article = draft()
    answer = send(writer, save_url(article), body="b" * 5_000_000, version=1)
    assert (answer.status_code, answer.json()) == (413, {"error": "too_large"})


def test_a_form_that_is_too_large_is_told_so_although_it_is_read_before_the_editor_is_asked(author: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    client.get("/studio/new/")
    answer = client.post("/studio/new/", {"title": "Long", "body": "b" * 5_000_000})
    assert answer.status_code == 413
    assert "more than the site takes at once" in answer.content.decode()
    assert not Article.objects.exists()


def test_a_request_without_the_token_is_refused(author: User, draft: Callable[..., Article]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)
    assert send(client, save_url(draft()), body="Forged.", version=1).status_code == 403


@pytest.mark.parametrize("url", ["/studio/articles/1/save/", "/studio/preview/"])
def test_only_a_post_saves_or_previews(writer: Client, url: str) -> None:
    assert writer.get(url).status_code == 405


def test_a_category_and_the_texts_for_search_are_saved(writer: Client, draft: Callable[..., Article]) -> None:
    article, category = draft(), Category.objects.create(name="Notes", slug="notes")
    writer.post(save_url(article), form_of(article, category=category.pk, seo_title="Found", origin="assisted"))
    article.refresh_from_db()
    assert (article.category, article.seo_title, article.origin) == (category, "Found", "assisted")


# The preview


def test_the_preview_is_what_readers_get(writer: Client) -> None:
    html = writer.post("/studio/preview/", {"body": "# One\n\n**bold** <script>alert(1)</script>"}).text
    assert '<h2 id="h-one">One</h2>' in html
    assert "<strong>bold</strong>" in html
    assert "<script" not in html


def test_the_preview_of_too_long_a_text_says_so(writer: Client) -> None:
    assert writer.post("/studio/preview/", {"body": "x" * (MAX_BODY_CHARS + 1)}).status_code == 422


def test_an_empty_preview_teaches_what_will_be_there(writer: Client) -> None:
    assert "Nothing to show yet" in writer.post("/studio/preview/", {"body": ""}).text
