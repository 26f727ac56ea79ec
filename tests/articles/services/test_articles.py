"""Writing articles: what the services store, refuse and keep apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles.content import Content
from articles.exceptions import NotAllowedError, StaleVersionError, TransitionError
from articles.limits import MAX_BODY_CHARS, MAX_EXCERPT_CHARS, MAX_SLUG_CHARS
from articles.models import Article, AuditEntry, Draft, Revision, Tag
from articles.services.articles import article_create, article_save
from articles.services.publishing import article_archive, article_schedule
from tests.articles.at_once import at_once, use_only

Make = Callable[..., Article]


def test_a_new_article_is_a_draft_in_english_with_its_first_paragraph_as_excerpt(draft: Make) -> None:
    article = draft("  On lamps ", "# On lamps\n\nThey *glow* in `code`.\nStill.\n\nMore.")

    stored = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.slug, stored.status, stored.language) == ("On lamps", "on-lamps", "draft", "en")
    assert stored.excerpt == "They glow in code. Still."
    assert (stored.published_at, stored.version) == (None, 1)


def test_an_excerpt_that_is_given_is_kept_and_one_that_is_made_is_cut_between_words(draft: Make) -> None:
    assert draft(excerpt="By hand.").excerpt == "By hand."

    made = draft("Long", "word " * 200).excerpt
    assert len(made) <= MAX_EXCERPT_CHARS
    assert made.endswith("word…")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Ação e reação", "acao-e-reacao"),
        ("日本語", "article"),
        ("___", "article"),
        ("a_b", "a-b"),
        ("word " * 50, "-".join(["word"] * 21)),
    ],
)
def test_a_slug_is_ascii_of_the_title_and_ends_between_words(draft: Make, title: str, slug: str) -> None:
    assert draft(title).slug == slug


def test_articles_of_one_title_get_slugs_of_their_own_for_ever(draft: Make) -> None:
    slugs = [draft("Same").slug for _ in range(8)]

    assert slugs[:5] == ["same", "same-2", "same-3", "same-4", "same-5"]
    assert len(set(slugs)) == 8
    assert all(len(draft("x" * 255).slug) <= MAX_SLUG_CHARS for _ in range(7))


def test_a_slug_that_was_asked_for_and_is_taken_is_refused_by_name(draft: Make) -> None:
    draft("One", slug="mine")

    with pytest.raises(ValidationError) as refused:
        draft("Two", slug="mine")
    assert list(refused.value.message_dict) == ["slug"]
    assert Article.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "  \u200b "),
        ("title", "a\x00b"),
        ("title", "\ud800"),
        ("title", "x" * 256),
        ("body", "a\x00b"),
        ("body", "x" * (MAX_BODY_CHARS + 1)),
        ("excerpt", "x" * (MAX_EXCERPT_CHARS + 1)),
        ("excerpt", "\x00"),
        ("language", "tlh"),
        ("slug", "no spaces"),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(draft: Make, field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        draft(**{field: value})

    assert list(refused.value.message_dict) == [field]
    assert not Article.objects.exists()


def test_a_failed_creation_leaves_the_callers_transaction_usable(draft: Make) -> None:
    draft("One", slug="mine")
    with transaction.atomic():
        with pytest.raises(ValidationError):
            draft("Two", slug="mine")
        draft("Three")

    assert list(Article.objects.order_by("id").values_list("slug", flat=True)) == ["mine", "three"]


def test_a_draft_may_be_no_more_than_a_title(draft: Make) -> None:
    assert Article.objects.get(pk=draft("Only a title", body="").pk).words == 0


def test_a_new_article_leaves_a_revision_and_an_audit_entry(draft: Make, author: User) -> None:
    article = draft("On lamps", "They glow.")

    revision, entry = Revision.objects.get(article=article), AuditEntry.objects.get(article=article)
    assert (revision.version, revision.kind, revision.words, revision.created_by) == (1, "save", 2, author)
    assert revision.written == article.content()
    assert (entry.action, entry.from_status, entry.to_status, entry.actor) == ("create", "", "draft", author)


def test_a_save_is_the_next_version_and_keeps_the_slug_and_the_text_before(draft: Make, author: User) -> None:
    article = draft("Old", "Old words.")
    save(article, author, title="New", body="Three new words.", slug="", excerpt="")

    stored = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.slug, stored.version, stored.words) == ("New", "old", 2, 3)
    assert stored.excerpt == "Three new words."
    assert [kept.written.title for kept in Revision.objects.order_by("version")] == ["Old", "New"]


def test_saving_what_is_stored_already_changes_nothing(draft: Make, author: User) -> None:
    article = draft("Old", tags=("b", "a"))
    again = save(article, author, title=" Old ", tags=("A", "b"))

    assert (again.version, Revision.objects.count()) == (1, 1)


def test_a_save_from_an_older_version_is_refused_and_stores_nothing(draft: Make, author: User) -> None:
    article = draft("Old")
    save(article, author, title="Theirs")

    with pytest.raises(StaleVersionError) as refused:
        save(article, author, title="Mine")
    assert (refused.value.given, refused.value.current) == (1, 2)
    assert Article.objects.get(pk=article.pk).title == "Theirs"


def test_changes_to_a_published_article_wait_behind_what_readers_see(published: Make, author: User) -> None:
    article = published("Live", body="Live words.")
    saved = save(article, author, title="Next", body="Next words.", tags=("new",))

    stored = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.body, stored.version, stored.status) == ("Live", "Live words.", 3, "published")
    assert list(stored.tags.all()) == []
    assert saved.working().title == Draft.objects.get(article=article).written.title == "Next"


@pytest.mark.parametrize(("account", "allowed"), [("writer of others", False), ("editor", True), ("nobody", False)])
def test_only_its_author_and_editors_may_save_an_article(
    draft: Make, django_user_model: type[User], account: str, allowed: bool
) -> None:
    article, actor = draft("Old"), django_user_model.objects.create_user("paulo")
    if account != "nobody":
        actor.groups.add(Group.objects.get(name="Editors" if account == "editor" else "Writers"))
    if allowed:
        assert save(article, actor, title="New").title == "New"
        return
    with pytest.raises(NotAllowedError):
        save(article, actor, title="New")
    assert Article.objects.get(pk=article.pk).title == "Old"


def test_an_archived_article_can_not_be_saved(draft: Make, author: User, django_user_model: type[User]) -> None:
    article = draft()
    archived = article_archive(article_id=article.pk, actor=django_user_model.objects.create_superuser("ana"))

    with pytest.raises(TransitionError):
        save(archived, author, title="New")


def test_a_writer_takes_an_article_off_the_schedule_before_changing_it(draft: Make, author: User) -> None:
    article = draft()
    boss = User.objects.create_superuser("ana")
    moment = timezone.now() + timedelta(days=1)
    article = article_schedule(article_id=article.pk, actor=boss, publish_at=moment)

    with pytest.raises(TransitionError):
        save(article, author, title="Slipped in")
    assert save(article, boss, title="By who may publish").status == "scheduled"


def test_an_address_that_another_article_has_is_refused_in_a_save(draft: Make, author: User) -> None:
    draft("One", slug="mine")
    two = draft("Two")

    with pytest.raises(ValidationError) as refused:
        save(two, author, slug="mine", title="")
    assert sorted(refused.value.message_dict) == ["slug", "title"]
    assert Article.objects.get(pk=two.pk).version == 1


@pytest.mark.parametrize(
    "change", [{"category_id": 404}, {"cover_id": 404}, {"origin": "martian"}, {"tags": ("x" * 51,)},
               {"tags": ("!!!",)}, {"tags": tuple(str(n) for n in range(21))}, {"tags": ("a\x00b",)}],
)  # fmt: skip
def test_what_an_article_can_not_have_is_refused_by_name(draft: Make, author: User, change: dict[str, Any]) -> None:
    article = draft()

    if change == {"origin": "martian"}:
        assert save(article, author, **change).origin == "human"  # the label that is stored stays
        return
    with pytest.raises(ValidationError) as refused:
        save(article, author, **change)
    assert list(refused.value.message_dict) == [next(iter(change)).removesuffix("_id")]


def test_tags_of_one_slug_are_one_tag_in_the_spelling_that_was_first(draft: Make, author: User) -> None:
    draft("One", tags=("Django", "  web   sites "))
    two = draft("Two", tags=("django", "日本"))

    assert sorted(Tag.objects.values_list("slug", "name")) == [
        ("django", "Django"), ("web-sites", "web sites"), ("日本", "日本"),
    ]  # fmt: skip
    assert sorted(two.tags.values_list("name", flat=True)) == ["Django", "日本"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "published", "published_at": None},
        {"status": "lost"},
        {"language": "tlh"},
        {"title": "   "},
        {"slug": ""},
        {"version": 0},
        {"body": "x" * (MAX_BODY_CHARS + 1)},
    ],
)
def test_the_database_itself_refuses_what_no_article_may_be(draft: Make, change: dict[str, Any]) -> None:
    article = draft()

    with pytest.raises(IntegrityError), transaction.atomic():
        Article.objects.filter(pk=article.pk).update(**change)


def save(article: Article, actor: User, **changes: Any) -> Article:
    """Save the article's working content with changes, from the version that was read."""
    content = replace(article.working(), **changes)
    return article_save(article_id=article.pk, content=content, version=article.version, actor=actor)


def test_writers_of_one_title_at_one_instant_all_succeed_on_postgresql(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_only(postgres_alias, monkeypatch)
    author = User.objects.create_user("clarice")

    def write() -> str:
        return article_create(content=Content(title="One title", body="Words."), author=author).slug

    slugs = at_once(10, write, django_db_blocker.unblock)

    assert len(set(slugs)) == 10
    assert {"one-title", "one-title-2", "one-title-3", "one-title-4", "one-title-5"} < set(slugs)
    assert Article.objects.filter(title="One title").count() == 10
