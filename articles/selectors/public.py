"""What readers see of articles, by every door: each function is one query, unless it says more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from articles.caching import LISTS
from articles.cursors import decode_cursor, encode_cursor
from articles.models import Article, Category, Image, SlugRedirect, Tag
from articles.querysets import ArticleQuerySet
from articles.selectors.prepared import Prepared, Values
from omniwriter.cache import cache_query, cacheable

NAV_CATEGORIES = 8
FILTERS = ("language", "category", "tags", "author")
LOCAL_S = 1.0  # how long a process keeps the hottest results itself
#: How many articles of the same tags, and of the same category, are looked at for those that fit best.
_RELATED_BY_TAG = 40
_RELATED_BY_CATEGORY = 8


@cacheable
class ArticleRow(NamedTuple):
    """An article in a list: everything but its text."""

    id: int
    title: str
    slug: str
    excerpt: str
    language: str
    published_at: datetime
    updated_at: datetime
    author__first_name: str
    author__last_name: str
    author_id: int
    live_updated_at: datetime | None
    category__name: str | None
    category__slug: str | None
    words: int
    origin: str
    cover_id: int | None

    @property
    def author(self) -> str:
        """The author's full name, or nothing: a user name is half of a login and is not for the public."""
        return f"{self.author__first_name} {self.author__last_name}".strip()


@cacheable
@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Articles, newest first, with the cursors of the pages beside it; None where there is none."""

    rows: list[ArticleRow]
    newer: str | None
    older: str | None


@cacheable
class SectionRow(NamedTuple):
    """A category in the header of each page."""

    slug: str
    name: str


@cache_query(name="articles.list", namespaces=LISTS, local_s=LOCAL_S)
def article_list(
    *,
    limit: int,
    language: str | None = None,
    before: str | None = None,
    after: str | None = None,
    category: int | None = None,
    tag: int | None = None,
    author: int | None = None,
) -> ArticlePage:
    """Return a page of published articles: the newest, those older than ``before``, or those newer than ``after``.

    ``category``, ``tag`` and ``author`` are ids. Raises CursorError. The limit is the caller's to check.
    """
    filters = {"language": language, "category": category, "tags": tag, "author": author}
    wanted = {name: value for name, value in filters.items() if value}
    if after is not None:
        found = _rows(_OLDEST, {**wanted, **_position(after)}, limit)
        return _page(found[:limit][::-1], newer=len(found) > limit, older=True)
    if before is not None:
        wanted |= _position(before)
    found = _rows(_NEWEST, wanted, limit)
    return _page(found[:limit], newer=before is not None, older=len(found) > limit)


def article_by_slug(*, slug: str) -> Article:
    """Return an article of any status with its author, category and cover; raises Article.DoesNotExist."""
    return Article.objects.select_related("author", "category", "cover").get(slug=slug)


def article_by_id(*, article_id: int) -> Article:
    """Return an article of any status with its author; raises Article.DoesNotExist."""
    return Article.objects.select_related("author").get(pk=article_id)


def article_by_former_slug(*, slug: str) -> Article:
    """Return the article that was once public at ``slug``; raises SlugRedirect.DoesNotExist."""
    return SlugRedirect.objects.select_related("article").get(slug=slug).article


def article_tags(*, article: Article) -> list[Tag]:
    """Return an article's tags by name."""
    return list(article.tags.order_by("name"))


def article_related(*, article: Article, tags: Sequence[Tag], limit: int) -> list[ArticleRow]:
    """Return published articles in its language that share most tags with it, then its category, newest first.

    Only the last few of each are looked at, so the cost does not grow with the archive.
    """
    chosen = [tag.pk for tag in tags]
    if not chosen and article.category_id is None:
        return []
    tagged = Article.tags.through.objects.filter(tag__in=chosen).order_by("-id").values("article_id")
    public = Article.objects.published().filter(language=article.language)
    beside = public.filter(category=article.category_id).newest_first().values("id")
    candidates = public.filter(
        Q(pk__in=tagged[:_RELATED_BY_TAG]) | Q(pk__in=beside[: _RELATED_BY_CATEGORY if article.category_id else 0])
    )
    # A subquery: a join would group by every column, and so read the texts.
    counted = Article.tags.through.objects.filter(article=OuterRef("pk"), tag__in=chosen).values("article")
    shared = Coalesce(Subquery(counted.annotate(number=Count("pk")).values("number")), 0)  # type: ignore[misc]
    ranked = candidates.exclude(pk=article.pk).order_by(shared.desc(), "-published_at", "-id")
    return [ArticleRow(*row) for row in ranked.values_list(*ArticleRow._fields)[:limit]]


def covers_by_id(*, rows: Iterable[ArticleRow]) -> dict[int, Image]:
    """Return the covers of a list's articles by id; no query when there are none."""
    wanted = {row.cover_id for row in rows if row.cover_id is not None}
    return Image.objects.in_bulk(wanted) if wanted else {}


@cache_query(name="articles.sections", namespaces=LISTS, local_s=LOCAL_S)
def category_list(*, language: str, limit: int = NAV_CATEGORIES) -> list[SectionRow]:
    """Return the categories that have published articles in ``language``, by name."""
    public = Article.objects.published().filter(language=language, category=OuterRef("pk"))
    categories = Category.objects.filter(Exists(public)).order_by("name")
    return [SectionRow(*row) for row in categories.values_list(*SectionRow._fields)[:limit]]


def category_by_slug(*, slug: str) -> Category:
    """Return a category; raises Category.DoesNotExist."""
    return Category.objects.get(slug=slug)


def tag_by_slug(*, slug: str) -> Tag:
    """Return a tag; raises Tag.DoesNotExist."""
    return Tag.objects.get(slug=slug)


def author_by_id(*, author_id: int) -> User:
    """Return the author of at least one published article; raises DoesNotExist, so that accounts can't be counted."""
    public = Article.objects.published().filter(author=OuterRef("pk"))
    return get_user_model().objects.only("id", "first_name", "last_name").get(Exists(public), pk=author_id)


def _newest(values: Values) -> QuerySet[Article, Any]:
    articles = _filtered(values)
    if "moment" in values:
        articles = articles.older_than((values["moment"], values["pk"]))
    return articles.newest_first().values_list(*ArticleRow._fields)


def _oldest(values: Values) -> QuerySet[Article, Any]:
    articles = _filtered(values).newer_than((values["moment"], values["pk"]))
    return articles.oldest_first().values_list(*ArticleRow._fields)


def _filtered(values: Values) -> ArticleQuerySet:
    return Article.objects.published().filter(**{name: values[name] for name in FILTERS if name in values})


_NEWEST, _OLDEST = Prepared(Article, _newest), Prepared(Article, _oldest)


def _position(cursor: str) -> dict[str, Any]:
    moment, pk = decode_cursor(cursor)
    return {"moment": moment, "pk": pk}


def _rows(prepared: Prepared, values: Values, limit: int) -> list[ArticleRow]:
    # One more than the page holds says whether there is another page, without a count.
    return [ArticleRow._make(row) for row in prepared.rows(values, limit=limit + 1)]


def _page(rows: list[ArticleRow], *, newer: bool, older: bool) -> ArticlePage:
    def cursor(row: ArticleRow) -> str:
        return encode_cursor((row.published_at, row.id))

    return ArticlePage(
        rows=rows,
        newer=cursor(rows[0]) if rows and newer else None,
        older=cursor(rows[-1]) if rows and older else None,
    )
