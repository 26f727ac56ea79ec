"""Articles as the API shows them: plain dicts, which orjson writes without a model in between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from ninja import Schema

from articles.access import actions_for
from articles.api.answers import Written, encoded, etag_of, written
from articles.api.callers import Caller
from articles.api.parser import refuse
from articles.caching import LISTS
from articles.enums import Status
from articles.images import image_url
from articles.images.markup import jpegs
from articles.models import Article, Category, Image
from articles.selectors.api import tags_of
from articles.selectors.popular import article_popular
from articles.selectors.public import LOCAL_S, ArticleRow, article_list
from omniwriter.cache import Ttl, cache_query

Document = dict[str, Any]
_ANY_SLUG = "any-slug"
COVER_WIDTH = 1280


@cache_query(name="documents.list", namespaces=LISTS, local_s=LOCAL_S)
def list_written(
    *,
    fields: tuple[str, ...],
    limit: int,
    before: str | None = None,
    language: str | None = None,
    category: int | None = None,
    tag: int | None = None,
    author: int | None = None,
) -> Written:
    """Return a page of published articles as the API writes it: the same for every caller. Raises CursorError."""
    page = article_list.uncached(
        limit=limit, before=before, language=language, category=category, tag=tag, author=author
    )
    return written({"items": items_of(page.rows, fields), "next_cursor": page.older})


@cache_query(name="documents.popular", namespaces=LISTS, ttl=Ttl.POPULAR, local_s=LOCAL_S)
def popular_written(*, fields: tuple[str, ...], limit: int, language: str | None = None) -> Written:
    """Return the most read articles as the API writes them."""
    return written({"items": items_of(article_popular.uncached(limit=limit, language=language), fields)})


def chosen_fields(fields: str | None, schema: type[Schema]) -> tuple[str, ...]:
    """Return the fields to answer with, in one order; refuse one that the document does not have."""
    known = schema.model_fields
    if fields is None:
        return tuple(known)
    chosen = fields.split(",")
    unknown = [name for name in chosen if name not in known]
    if unknown:
        refuse(["fields"], f"There is no field {unknown[0]!r}; there are {', '.join(known)}.")
    return tuple(name for name in known if name in chosen)


def only(document: Mapping[str, Any], fields: Collection[str]) -> Document:
    """Return the document with these fields alone, in its own order."""
    return {name: value for name, value in document.items() if name in fields}


def items_of(rows: Sequence[ArticleRow], fields: Collection[str], status: Status = Status.PUBLISHED) -> list[Document]:
    """Return the rows of a list; reads their tags unless nobody asked for them."""
    tags = tags_of(article_ids=[row.id for row in rows]) if "tags" in fields and rows else {}
    # A slug is the same in a URL, so one reversal serves all rows; one each took a quarter of the answer's time.
    head, _, tail = reverse("articles:detail", args=[_ANY_SLUG]).rpartition(_ANY_SLUG)
    whole = (_item(row, f"{head}{row.slug}{tail}", tags.get(row.id, []), status) for row in rows)
    return list(whole) if len(fields) >= len(ArticleRow._fields) else [only(item, fields) for item in whole]


def _item(row: ArticleRow, url: str, tags: list[str], status: Status) -> Document:
    is_public = status is Status.PUBLISHED
    return {
        "id": row.id,
        "title": row.title,
        "slug": row.slug,
        "url": url,
        "excerpt": row.excerpt,
        "author": row.author,
        "author_id": row.author_id,
        "language": row.language,
        "category": row.category__slug,
        "tags": tags,
        "origin": row.origin,
        "words": row.words,
        "cover_id": row.cover_id,
        "status": status.value,
        "published_at": row.published_at,
        "updated_at": (is_public and row.live_updated_at) or row.updated_at,
    }


def live_document(article: Article) -> Document:
    """Return what readers see of a published article; nothing in it tells of changes behind it."""
    return {
        **_row_fields(article),
        "category": article.category.slug if article.category else None,
        "tags": tags_of(article_ids=[article.pk]).get(article.pk, []),
        "words": article.words,
        "updated_at": article.live_updated_at or article.updated_at,
        "content": article.body,
        "cover": article.cover and cover_document(article.cover),
        **_texts(article),
        "created_at": article.created_at,
    }


def working_document(article: Article, caller: Caller) -> Document:
    """Return what is being written of an article, and what ``caller`` can do with it."""
    content = article.working()
    pending, cover = article.pending, _image(article, content.cover_id)
    return {
        **_row_fields(article),
        **_texts(content),
        "title": content.title,
        "slug": content.slug,
        "excerpt": content.excerpt,
        "language": content.language,
        "category": _category_slug(article, content.category_id),
        "tags": list(content.tags),
        "origin": content.origin,
        "words": len(content.body.split()),
        "cover_id": content.cover_id,
        "updated_at": pending.updated_at if pending else article.updated_at,
        "content": content.body,
        "cover": cover and cover_document(cover),
        "created_at": article.created_at,
        "version": article.version,
        "has_changes": pending is not None,
        "in_review": pending.in_review if pending else article.status == Status.REVIEW,
        "approved": article.approved_at is not None,
        "publish_at": article.publish_at,
        "unpublish_at": article.unpublish_at,
        "steps": [action.value for action in actions_for(caller.user, article)],
    }


def cover_document(image: Image) -> Document:
    """Return an image with the address of a file that is wide enough for a page."""
    widths = [file.width for file in jpegs(image)]
    url = image_url(image.digest, max((width for width in widths if width <= COVER_WIDTH), default=widths[0]))
    return {"id": image.pk, "alt": image.alt, "width": image.width, "height": image.height, "url": url}


def matching_etags(article: Article, caller: Caller) -> Iterable[str]:
    """Yield the tags of what a writer can have read of the article as it is now."""
    yield etag_of(encoded(working_document(article, caller)), article.version)
    if article.is_public and article.pending is None:
        yield etag_of(encoded(live_document(article)))


def _row_fields(article: Article) -> Document:
    return {
        "id": article.pk,
        "title": article.title,
        "slug": article.slug,
        "url": article.get_absolute_url(),
        "excerpt": article.excerpt,
        "author": article.author.get_full_name(),
        "author_id": article.author_id,
        "language": article.language,
        "origin": article.origin,
        "cover_id": article.cover_id,
        "status": article.status,
        "published_at": article.published_at,
    }


def _texts(source: Any) -> Document:
    return {"seo_title": source.seo_title, "seo_description": source.seo_description}


def _category_slug(article: Article, category_id: int | None) -> str | None:
    if category_id is None or category_id == article.category_id:
        return article.category.slug if article.category and category_id else None
    return Category.objects.filter(pk=category_id).values_list("slug", flat=True).first()


def _image(article: Article, image_id: int | None) -> Image | None:
    if image_id is None or image_id == article.cover_id:
        return article.cover if image_id else None
    return Image.objects.filter(pk=image_id).first()
