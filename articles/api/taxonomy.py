"""What groups articles: GET /api/categories and GET /api/tags."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from articles.api.answers import public_answer
from articles.api.parser import refuse_unknown
from articles.api.schemas import TEXT, Problem
from articles.limits import MAX_SLUG_CHARS
from articles.models import Category
from articles.selectors.api import tag_page

router = Router(tags=["Taxonomy"])


class CategoryItem(Schema):
    """A section of the site."""

    slug: str
    name: str
    description: str


class CategoryList(Schema):
    """All categories, by name."""

    items: list[CategoryItem]


class TagItem(Schema):
    """A word that articles share."""

    slug: str
    name: str


class TagList(Schema):
    """A page of the tags that published articles have, by slug."""

    items: list[TagItem]
    next_cursor: str | None = Field(description="Send it as cursor to get the page after this one; null: the last.")


class TagQuery(Schema):
    """What the list of tags can be asked for."""

    limit: int = Field(100, ge=1, le=500)
    cursor: str | None = Field(
        None, max_length=MAX_SLUG_CHARS, pattern=TEXT, description="next_cursor of the page before."
    )


@router.get(
    "/categories",
    response={200: CategoryList, 304: None, 400: Problem, 401: Problem, 422: Problem, 429: Problem},
    summary="List the categories",
)
def category_list(request: HttpRequest) -> HttpResponse:
    """List all categories; there are few."""
    refuse_unknown(request.GET, ())
    names = tuple(CategoryItem.model_fields)
    return public_answer(request, {"items": list(Category.objects.order_by("name").values(*names))})


@router.get(
    "/tags",
    response={200: TagList, 304: None, 400: Problem, 401: Problem, 422: Problem, 429: Problem},
    summary="List the tags",
)
def tag_list(request: HttpRequest, query: Query[TagQuery]) -> HttpResponse:
    """List the tags that published articles have, by slug."""
    refuse_unknown(request.GET, TagQuery.model_fields)
    tags, following = tag_page(limit=query.limit, after=query.cursor or "")
    items = [{"slug": tag.slug, "name": tag.name} for tag in tags]
    return public_answer(request, {"items": items, "next_cursor": following})
