"""What the API reads beside what the site reads: lists of every status, one article with all of it, revisions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from articles.cursors import decode_cursor, encode_cursor
from articles.enums import Status
from articles.exceptions import CursorError
from articles.models import AccessToken, Article, Category, Revision, Tag
from articles.selectors.prepared import Prepared, Values
from articles.selectors.public import ArticlePage, ArticleRow

_MAX_VERSION = 2**31 - 1


def article_page(
    *,
    limit: int,
    status: Status,
    before: str | None = None,
    language: str | None = None,
    category: int | None = None,
    tag: int | None = None,
    author: int | None = None,
) -> ArticlePage:
    """Return a page of articles of one status, last changed first; ``before`` is the cursor of the page before.

    Whether the reader may see them is the caller's to check: with ``author`` it is that writer's articles alone.
    """
    wanted = {"language": language, "category": category, "tags": tag, "author": author}
    articles = Article.objects.filter(status=status, **{name: value for name, value in wanted.items() if value})
    if before is not None:
        moment, pk = decode_cursor(before)
        # The first condition alone bounds the index scan; the databases don't see it in the other.
        articles = articles.filter(updated_at__lte=moment).exclude(updated_at=moment, id__gte=pk)
    rows = [
        ArticleRow(*row)
        for row in articles.order_by("-updated_at", "-id").values_list(*ArticleRow._fields)[: limit + 1]
    ]
    last = rows[limit - 1] if len(rows) > limit else None
    older = encode_cursor((last.updated_at, last.id)) if last else None
    return ArticlePage(rows=rows[:limit], newer=None, older=older)


def article_whole(*, article_id: int) -> Article:
    """Return an article of any status with its author, category, cover and draft; raises Article.DoesNotExist."""
    return Article.objects.select_related("author", "category", "cover", "draft").get(pk=article_id)


def category_id_of(*, slug: str) -> int | None:
    """Return a category's id, None when there is no such category."""
    return Category.objects.filter(slug=slug).values_list("pk", flat=True).first()


def tag_id_of(*, slug: str) -> int | None:
    """Return a tag's id, None when there is no such tag."""
    return Tag.objects.filter(slug=slug).values_list("pk", flat=True).first()


def tags_of(*, article_ids: Iterable[int]) -> dict[int, list[str]]:
    """Return the names of the tags of each of these articles that has any, in one query."""
    ids = list(article_ids)
    found: dict[int, list[str]] = {}
    for article_id, name in _TAGS.rows({"ids": ids}) if ids else ():
        found.setdefault(article_id, []).append(name)
    return found


def _tags(values: Values) -> QuerySet[Any, Any]:
    tagged = Article.tags.through.objects.filter(article_id__in=values["ids"])
    return tagged.order_by("tag__name").values_list("article_id", "tag__name")


_TAGS = Prepared(Article.tags.through, _tags)


def tag_page(*, limit: int, after: str = "") -> tuple[list[Tag], str | None]:
    """Return the tags that published articles have, by slug, from ``after`` on; and the slug to go on from."""
    used = Article.tags.through.objects.filter(tag=OuterRef("pk"), article__status=Status.PUBLISHED)
    tags = list(Tag.objects.filter(Exists(used), slug__gt=after).order_by("slug")[: limit + 1])
    return tags[:limit], tags[limit - 1].slug if len(tags) > limit else None


class RevisionRow(NamedTuple):
    """A revision in a list: everything but its content."""

    id: int
    version: int
    kind: str
    name: str
    words: int
    created_by__first_name: str | None
    created_by__last_name: str | None
    created_at: datetime


def revision_page(*, article_id: int, limit: int, before: str | None = None) -> tuple[list[RevisionRow], str | None]:
    """Return an article's revisions, newest first, below the version ``before``; and the version to go on from."""
    revisions = Revision.objects.filter(article_id=article_id).order_by("-version")
    if before is not None:
        if not before.isascii() or not before.isdecimal() or int(before) > _MAX_VERSION:
            raise CursorError("Not a cursor of this list.")
        revisions = revisions.filter(version__lt=int(before))
    rows = [RevisionRow(*row) for row in revisions.values_list(*RevisionRow._fields)[: limit + 1]]
    return rows[:limit], str(rows[limit - 1].version) if len(rows) > limit else None


def token_list(*, user_id: int, now: datetime) -> list[AccessToken]:
    """Return an account's tokens that still open something, newest first."""
    return list(AccessToken.objects.filter(user_id=user_id, revoked_at=None, expires_at__gt=now).order_by("-pk"))
