"""The admin's form of an article: what it stores, refuses and never overwrites."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.models import Article, AuditEntry, Category, Draft, Revision
from articles.services.articles import article_save
from articles.services.publishing import article_archive
from articles.signals import live_changed

Make = Callable[..., Article]
LIST = "/admin/articles/article/"


def form(**fields: Any) -> dict[str, Any]:
    """A filled-in form of an article."""
    return {
        "title": "By hand", "slug": "", "language": "en", "excerpt": "", "body": "Words.", "tags": "",
        "origin": "human", "category": "", "cover": "", "seo_title": "", "seo_description": "", **fields,
    }  # fmt: skip


def of(article: Article, **fields: Any) -> dict[str, Any]:
    """The form as it is shown of an article, with changes."""
    shown = {"title": article.title, "slug": article.slug, "body": article.body, "version": article.version}
    return form(**{**shown, **fields})


def change(article: Article) -> str:
    """The address of an article's form."""
    return f"{LIST}{article.pk}/change/"


def test_a_new_article_belongs_to_who_writes_it_and_gets_a_free_slug(editor: Client, draft: Make) -> None:
    category = Category.objects.create(name="Light", slug="light")
    draft("By hand")

    answer = editor.post(f"{LIST}add/", form(category=category.pk, tags="lamps, oil , lamps", body="One\r\nTwo"))

    article = Article.objects.get(slug="by-hand-2")
    assert answer.status_code == 302
    assert (article.author.username, article.status, article.category, article.body) == (
        "ana", "draft", category, "One\nTwo",
    )  # fmt: skip
    assert sorted(article.tags.values_list("name", flat=True)) == ["lamps", "oil"]
    assert list(Revision.objects.filter(article=article).values_list("version", flat=True)) == [1]
    assert AuditEntry.objects.get(article=article).action == "create"


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("slug", "taken", "Another article has this slug."),
        ("slug", "not a slug", "Enter a valid “slug”"),
        ("title", "\u200b", "be blank."),
        ("title", "", "This field is required."),
        ("title", "x" * 256, "at most 255 characters"),
        ("title", "a\x00b", "Null characters are not allowed."),
        ("body", "x" * 200_001, "at most 200000 characters"),
        ("language", "tlh", "Select a valid choice."),
        ("category", "404", "Select a valid choice."),
        ("cover", "404", "Select a valid choice."),
        ("tags", ",".join(str(number) for number in range(30)), "at most 20 tags"),
        ("tags", "x" * 51, "at most 50 characters"),
        ("seo_title", "x" * 121, "at most 120 characters"),
    ],
)
def test_a_form_that_is_not_valid_says_why_and_stores_nothing(
    editor: Client, draft: Make, field: str, value: str, says: str
) -> None:
    draft("Taken")

    page = editor.post(f"{LIST}add/", form(**{field: value}))

    assert says in page.content.decode()
    assert page.context["adminform"].form.errors.keys() == {field}
    assert Article.objects.count() == 1


def test_a_slug_taken_while_the_form_was_checked_is_an_error_of_the_form(
    editor: Client, draft: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft("Taken")
    monkeypatch.setattr("articles.services.articles._check_slug", lambda article, slug, needed: None)

    page = editor.post(f"{LIST}add/", form(slug="taken", body="Typed."))

    assert (page.status_code, page.context["adminform"].form.errors.keys()) == (200, {"slug"})
    assert "Typed." in page.content.decode()


def test_a_change_is_the_articles_next_version_and_no_status_can_be_sent(editor: Client, draft: Make) -> None:
    article = draft("Old")

    answer = editor.post(change(article), of(article, title="New", slug="new", status="archived", view_count=7))

    article.refresh_from_db()
    assert answer.status_code == 302
    assert (article.title, article.slug, article.version, article.status, article.view_count) == (
        "New", "new", 2, "draft", 0,
    )  # fmt: skip


@pytest.mark.parametrize("version", ["1", "", "99"])
def test_a_stale_save_is_refused_with_all_that_was_typed(editor: Client, draft: Make, version: str) -> None:
    article = draft()
    theirs = article.content([])
    article_save(
        article_id=article.pk, content=type(theirs)(title="Theirs", body="Theirs."), version=1, actor=article.author
    )

    page = editor.post(change(article), of(article, title="Mine", body="Mine.", version=version))
    text = page.content.decode()

    assert "Somebody saved this article while you wrote" in text
    assert "Mine." in text
    assert f'formaction="/studio/articles/{article.pk}/conflict/"' in text
    article.refresh_from_db()
    assert (article.title, article.version) == ("Theirs", 2)


def test_what_was_refused_can_be_merged_in_the_studio(editor: Client, draft: Make) -> None:
    article = draft("Old", body="One.\n\nTwo.")
    content = article.content([])
    article_save(
        article_id=article.pk, content=type(content)(title="Old", body="One.\n\nTheirs."), version=1,
        actor=article.author,
    )  # fmt: skip

    page = editor.post(f"/studio/articles/{article.pk}/conflict/", of(article, body="Mine.\n\nTwo.", version=1))

    assert page.status_code == 409
    assert all(words in page.content.decode() for words in ("Mine.", "Theirs."))


def test_the_live_text_of_a_published_article_is_not_touched(editor: Client, published: Make) -> None:
    article = published("Live")
    assert "waits as changes until you publish them" in editor.get(change(article)).content.decode()

    editor.post(change(article), of(article, title="Next"))

    article.refresh_from_db()
    assert (article.title, article.status) == ("Live", "published")
    assert Draft.objects.get(article=article).written.title == "Next"
    page = editor.get(change(article)).content.decode()
    assert 'value="Next"' in page
    assert "changes that wait behind it" in page
    assert 'value="publish"' in page


def test_an_excerpt_made_from_the_text_keeps_following_it(editor: Client, draft: Make) -> None:
    article = draft(body="First.")

    shown = editor.get(change(article)).context["adminform"].form["excerpt"].value()
    editor.post(change(article), of(article, body="Second.", excerpt=shown))

    article.refresh_from_db()
    assert article.excerpt == "Second."


def test_an_article_in_the_archive_is_read_only_and_can_be_restored(editor: Client, draft: Make) -> None:
    article = draft()
    article_archive(article_id=article.pk, actor=User.objects.get(username="ana"))

    page = editor.get(change(article)).content.decode()

    assert "<textarea" not in page
    assert 'value="restore"' in page
    assert editor.post(change(article), of(article, title="New")).status_code == 403


def test_a_step_is_taken_from_the_form_and_leads_back_to_it(editor: Client, draft: Make) -> None:
    article = draft()
    step = {"action": "publish", "version": 1, "next": change(article)}

    answer = editor.post(f"/studio/articles/{article.pk}/step/", step)

    article.refresh_from_db()
    assert (answer["Location"], article.status) == (change(article), "published")


def test_the_form_leads_to_the_studio_the_site_and_the_history(editor: Client, published: Make) -> None:
    article = published()

    page = editor.get(change(article)).content.decode()

    for address in (
        f"/studio/articles/{article.pk}/", article.get_absolute_url(), f"{LIST}{article.pk}/history/",
        f"/studio/articles/{article.pk}/revisions/",
    ):  # fmt: skip
        assert f'href="{address}"' in page


def test_writers_change_their_own_and_read_what_others_wrote(author: User, draft: Make) -> None:
    author.is_staff = True
    author.save()
    author.groups.add(*type(author).groups.rel.model.objects.filter(name="Writers"))
    mine, others = draft("Mine"), draft("Others", author=User.objects.create_user("rosa"))
    client = Client()
    client.force_login(author)

    assert client.post(change(mine), of(mine, title="New")).status_code == 302
    assert client.get(change(others)).status_code == 200
    assert client.post(change(others), of(others, title="New")).status_code == 403
    assert client.post(f"{LIST}{mine.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_superuser_deletes_and_who_listens_is_told(
    editor: Client, published: Make, django_capture_on_commit_callbacks: Any
) -> None:
    article, told = published(), []

    def listen(sender: object, article_id: int, is_public: bool, **kwargs: object) -> None:
        told.append((article_id, is_public))

    live_changed.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            editor.post(f"{LIST}{article.pk}/delete/", {"post": "yes"})
    finally:
        live_changed.disconnect(listen)

    assert told == [(article.pk, False)]
    assert not Article.objects.exists()
