"""Stores made-up articles, and removes them again: the one writer that goes past the services, for its number."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from articles.content import count_words
from articles.enums import Origin, RevisionKind, Status
from articles.fake.texts import Writer
from articles.fake.words import FIRST_NAMES, LAST_NAMES, VOCABULARIES
from articles.limits import MAX_EXCERPT_CHARS
from articles.models import Article, Category, Revision, Tag
from articles.popularity.scores import weight_log2
from articles.services.taxonomy import tag_slug
from articles.slugs import slug_base

#: What everything made here is known by, also to ``fake_remove``.
USERNAME_PREFIX = "fake-author-"
MARK = "Made by manage.py articles_fake."
_AUTHORS = 40
_YEARS = 6
_TAGS_MOST = 4
_BATCH = 1000
_STATUSES = (Status.PUBLISHED, Status.DRAFT, Status.ARCHIVED, Status.REVIEW, Status.SCHEDULED)
_STATUS_WEIGHTS = (92, 4, 2, 1, 1)
_ORIGIN_WEIGHTS = (80, 15, 5)


@dataclass(frozen=True, slots=True)
class Shelf:
    """One topic of one language: who writes about it, its category and the tags to choose from."""

    language: str
    category: Category
    tags: list[Tag]
    writer: Writer


def fake_make(
    count: int, *, languages: tuple[str, ...] = ("en", "pt-br"), seed: int = 1, revisions: bool = False
) -> Iterator[int]:
    """Store ``count`` articles a batch at a time, and yield how many there are so far.

    The same seed writes the same texts; ids and dates follow from what is there and from the day.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    authors, shelves = _authors(chance), _shelves(languages, chance)
    number = Article.objects.aggregate(last=Max("pk"))["last"] or 0
    for made in range(0, count, _BATCH):
        size = min(_BATCH, count - made)
        rows = [_article(number + made + at + 1, authors, chance.choice(shelves), chance) for at in range(size)]
        _store(rows, chance, revisions=revisions)
        yield made + size


def fake_remove() -> Iterator[int]:
    """Delete what ``fake_make`` stored and nothing else, and yield how many articles are gone so far."""
    gone = 0
    while ids := list(_fake_articles().values_list("pk", flat=True)[:_BATCH]):
        with transaction.atomic():
            Article.objects.filter(pk__in=ids).delete()
        gone += len(ids)
        yield gone
    names = {tag_slug(name) for vocabulary in VOCABULARIES.values() for name in vocabulary.tags}
    Category.objects.filter(description=MARK, articles=None).delete()
    Tag.objects.filter(slug__in=names, articles=None).delete()
    get_user_model().objects.filter(username__startswith=USERNAME_PREFIX, articles=None).delete()


def fake_count() -> int:
    """Return how many made-up articles there are."""
    return _fake_articles().count()


def _fake_articles() -> QuerySet[Article]:
    authors = get_user_model().objects.filter(username__startswith=USERNAME_PREFIX)
    return Article.objects.filter(author_id__in=list(authors.values_list("pk", flat=True)))


def _authors(chance: random.Random) -> list[User]:
    """Return the accounts the articles are by, made when they are missing; nobody can log in with one."""
    wanted = {
        f"{USERNAME_PREFIX}{number:02}": (chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES))
        for number in range(1, _AUTHORS + 1)
    }
    accounts = get_user_model().objects
    accounts.bulk_create(
        [
            User(
                username=username, first_name=first, last_name=last, email=f"{username}@example.invalid",
                is_active=False, password=make_password(None),
            )
            for username, (first, last) in wanted.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    return list(accounts.filter(username__in=wanted).order_by("username"))


def _shelves(languages: tuple[str, ...], chance: random.Random) -> list[Shelf]:
    return [
        Shelf(language, _category(topic), _tags(language), Writer(VOCABULARIES[language], topic, chance))
        for language in languages
        for topic in VOCABULARIES[language].topics
    ]


def _category(name: str) -> Category:
    slug = slug_base(name)
    return Category.objects.get_or_create(slug=slug, defaults={"name": name, "description": MARK})[0]


def _tags(language: str) -> list[Tag]:
    names = {tag_slug(name): name for name in VOCABULARIES[language].tags}
    Tag.objects.bulk_create([Tag(slug=slug, name=name) for slug, name in names.items()], ignore_conflicts=True)
    return list(Tag.objects.filter(slug__in=names).order_by("slug"))


def _article(number: int, authors: list[User], shelf: Shelf, chance: random.Random) -> tuple[Article, list[Tag]]:
    text = shelf.writer.text()
    status = chance.choices(_STATUSES, _STATUS_WEIGHTS)[0]
    written_at = timezone.now() - timedelta(days=_YEARS * 365 * chance.random() ** 2, seconds=chance.random())
    article = Article(
        title=text.title[:1].upper() + text.title[1:], slug=f"{slug_base(text.title)}-{number}", body=text.body,
        excerpt=_cut(text.excerpt), author=chance.choice(authors), language=shelf.language, category=shelf.category,
        origin=chance.choices(list(Origin), _ORIGIN_WEIGHTS)[0], words=count_words(text.body), status=status,
        created_at=written_at, updated_at=written_at, **_published(status, written_at, chance),
    )  # fmt: skip
    return article, chance.sample(shelf.tags, chance.randint(0, _TAGS_MOST))


def _published(status: Status, written_at: datetime, chance: random.Random) -> dict[str, Any]:
    """Return the dates and views that go with the status."""
    if status is Status.SCHEDULED:
        return {"publish_at": timezone.now() + timedelta(days=30 + 300 * chance.random())}
    if status is not Status.PUBLISHED:
        return {}
    views = int(chance.paretovariate(1.1) * 3)
    return {
        "published_at": written_at, "live_updated_at": written_at, "view_count": views,
        "popularity": weight_log2(views + 1, written_at),
    }  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= MAX_EXCERPT_CHARS else f"{text[: MAX_EXCERPT_CHARS - 1].rpartition(' ')[0]}…"


def _store(rows: list[tuple[Article, list[Tag]]], chance: random.Random, *, revisions: bool) -> None:
    with transaction.atomic(), _own_dates():
        articles = Article.objects.bulk_create([article for article, _tags_of in rows])
        through = Article.tags.through
        through.objects.bulk_create(
            through(article_id=article.pk, tag_id=tag.pk)
            for article, (_same, tags) in zip(articles, rows, strict=True)
            for tag in tags
        )
        if revisions:
            Revision.objects.bulk_create(
                _revision(article, tags) for article, (_same, tags) in zip(articles, rows, strict=True)
            )


def _revision(article: Article, tags: list[Tag]) -> Revision:
    content = article.content([tag.name for tag in tags])
    return Revision(
        article=article, version=1, kind=RevisionKind.SAVE, content=content.to_json(), words=article.words,
        created_by_id=article.author_id,
    )  # fmt: skip


@contextlib.contextmanager
def _own_dates() -> Iterator[None]:
    """Keep the dates that rows are given, where Django would write those of today."""
    created, updated = (Article._meta.get_field(name) for name in ("created_at", "updated_at"))  # noqa: SLF001
    created.auto_now_add = updated.auto_now = False  # type: ignore[union-attr]
    try:
        yield
    finally:
        created.auto_now_add = updated.auto_now = True  # type: ignore[union-attr]
