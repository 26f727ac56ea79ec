"""What is read of articles, by every door: one query each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from articles.cursors import decode_cursor, encode_cursor
from articles.models import Article
from articles.querysets import ArticleQuerySet


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

    @property
    def author(self) -> str:
        """The author's full name, or nothing: a user name is half of a login and is not for the public."""
        return f"{self.author__first_name} {self.author__last_name}".strip()


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """Articles, newest first, with the cursors of the pages beside it; None where there is none."""

    rows: list[ArticleRow]
    newer: str | None
    older: str | None


def article_list(
    *, limit: int, language: str | None = None, before: str | None = None, after: str | None = None
) -> ArticlePage:
    """Return a page of published articles: the newest, those older than ``before``, or those newer than ``after``.

    Raises CursorError. The limit is the caller's to check.
    """
    articles = Article.objects.published()
    if language is not None:
        articles = articles.filter(language=language)
    if after is not None:
        found = _rows(articles.newer_than(decode_cursor(after)).oldest_first(), limit)
        return _page(found[:limit][::-1], newer=len(found) > limit, older=True)
    if before is not None:
        articles = articles.older_than(decode_cursor(before))
    found = _rows(articles.newest_first(), limit)
    return _page(found[:limit], newer=before is not None, older=len(found) > limit)


def article_by_slug(*, slug: str) -> Article:
    """Return an article of any status with its author; raises Article.DoesNotExist."""
    return Article.objects.select_related("author").get(slug=slug)


def article_by_id(*, article_id: int) -> Article:
    """Return an article of any status with its author; raises Article.DoesNotExist."""
    return Article.objects.select_related("author").get(pk=article_id)


def _rows(articles: ArticleQuerySet, limit: int) -> list[ArticleRow]:
    # One more than the page holds says whether there is another page, without a count.
    return [ArticleRow(*row) for row in articles.values_list(*ArticleRow._fields)[: limit + 1]]


def _page(rows: list[ArticleRow], *, newer: bool, older: bool) -> ArticlePage:
    def cursor(row: ArticleRow) -> str:
        return encode_cursor((row.published_at, row.id))

    return ArticlePage(
        rows=rows,
        newer=cursor(rows[0]) if rows and newer else None,
        older=cursor(rows[-1]) if rows and older else None,
    )
