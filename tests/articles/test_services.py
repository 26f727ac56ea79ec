"""Writing articles: what the services store, refuse and keep apart."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, transaction

from articles.enums import Status
from articles.exceptions import StatusError
from articles.limits import MAX_BODY_CHARS, MAX_EXCERPT_CHARS, MAX_SLUG_CHARS
from articles.models import Article
from articles.services import article_create, article_publish, article_update

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
        ("body", ""),
        ("body", "\n \t"),
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


def test_publishing_dates_a_draft_once(draft: Make) -> None:
    article = draft()
    first = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
    with time_machine.travel(first, tick=False):
        article_publish(article_id=article.pk)
    again = article_publish(article_id=article.pk)

    assert (again.status, again.published_at, again.version) == (Status.PUBLISHED, first, 2)


@pytest.mark.parametrize("status", [Status.ARCHIVED, Status.REVIEW, Status.SCHEDULED])
def test_only_a_draft_can_be_published(draft: Make, status: Status) -> None:
    article = draft()
    Article.objects.filter(pk=article.pk).update(status=status)

    with pytest.raises(StatusError, match=f"{status} can't become published"):
        article_publish(article_id=article.pk)
    assert Article.objects.get(pk=article.pk).published_at is None


def test_publishing_an_article_that_is_gone_says_so(db: None) -> None:
    with pytest.raises(Article.DoesNotExist):
        article_publish(article_id=404)


def test_an_update_is_the_next_version_and_keeps_the_slug(draft: Make) -> None:
    article = draft("Old")
    article.title = "New"
    article_update(article=article)

    stored = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.slug, stored.version) == ("New", "old", 2)


def test_an_update_of_what_somebody_else_has_published_meanwhile_leaves_it_published(draft: Make) -> None:
    article = draft("Old")
    article_publish(article_id=article.pk)
    article.title = "New"
    article_update(article=article)

    stored = Article.objects.get(pk=article.pk)
    assert (stored.title, stored.status, stored.version) == ("New", "published", 3)
    assert stored.published_at is not None


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


def test_writers_of_one_title_at_one_instant_all_succeed_on_postgresql(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django.db.router.routers", [To(postgres_alias)])
    monkeypatch.setattr("django.db.transaction.DEFAULT_DB_ALIAS", postgres_alias)
    author = User.objects.create_user("clarice")
    slugs, failures = [], []
    together = threading.Barrier(10)

    def write() -> None:
        with django_db_blocker.unblock():
            together.wait()
            try:
                slugs.append(article_create(title="One title", body="Words.", author=author).slug)
            except Exception as error:  # any failure at all is what this test looks for
                failures.append(error)
            finally:
                connections[postgres_alias].close()

    threads = [threading.Thread(target=write) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(set(slugs)) == 10
    assert {"one-title", "one-title-2", "one-title-3", "one-title-4", "one-title-5"} < set(slugs)
    assert Article.objects.filter(title="One title").count() == 10


class To:
    """Sends every query to one database."""

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def db_for_read(self, model: type, **hints: Any) -> str:
        return self.alias

    db_for_write = db_for_read

    def allow_relation(self, *objects: object, **hints: Any) -> bool:
        return True
