"""The list of articles as others serve it: an ordinary DRF serializer and an ordinary django-ninja schema.

Both are written with care: authors, categories and tags are fetched with the articles, the texts are left where they
are, the page is by cursor, and an article's path is put together instead of reversed.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import NinjaAPI, Query, Schema
from rest_framework.generics import ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.serializers import CharField, ModelSerializer, SerializerMethodField, SlugRelatedField

from benchmarks.sites.peers.models import Article

LIMIT = 20


def articles() -> QuerySet[Article]:
    """Return what the list shows."""
    published = Article.objects.filter(status="published").order_by("-published_at", "-id")
    return published.select_related("author", "category").prefetch_related("tags")


# DRF


class DrfArticle(ModelSerializer):
    """An article in a list."""

    url = SerializerMethodField()
    author = CharField(source="author.get_full_name")
    category = SlugRelatedField(slug_field="slug", read_only=True)
    tags = SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Article
        fields = (
            "id", "title", "slug", "url", "excerpt", "author", "author_id", "language", "category", "tags", "origin",
            "words", "cover_id", "status", "published_at", "updated_at",
        )  # fmt: skip

    def get_url(self, article: Article) -> str:
        """Return the path of its page."""
        return f"/articles/{article.slug}/"


class NewestFirst(CursorPagination):
    """Twenty a page, newest first."""

    page_size = LIMIT
    ordering = ("-published_at", "-id")


class DrfArticles(ListAPIView):
    """The list."""

    queryset = articles()
    serializer_class = DrfArticle
    pagination_class = NewestFirst
    authentication_classes = ()


# django-ninja


class NinjaArticle(Schema):
    """An article in a list."""

    id: int
    title: str
    slug: str
    url: str
    excerpt: str
    author: str
    author_id: int
    language: str
    category: str | None
    tags: list[str]
    origin: str
    words: int
    cover_id: int | None
    status: str
    published_at: datetime | None
    updated_at: datetime | None

    @staticmethod
    def resolve_url(article: Article) -> str:
        """Return the path of its page."""
        return f"/articles/{article.slug}/"

    @staticmethod
    def resolve_author(article: Article) -> str:
        """Return the author's full name."""
        return article.author.get_full_name()

    @staticmethod
    def resolve_category(article: Article) -> str | None:
        """Return the category's slug."""
        return article.category.slug if article.category else None

    @staticmethod
    def resolve_tags(article: Article) -> list[str]:
        """Return the tags' names."""
        return [tag.name for tag in article.tags.all()]


class NinjaPage(Schema):
    """A page of the list."""

    items: list[NinjaArticle]
    next_cursor: datetime | None


ninja_api = NinjaAPI(urls_namespace="peers")


@ninja_api.get("/articles", response=NinjaPage)
def ninja_articles(
    request: HttpRequest, limit: int = Query(LIMIT, ge=1, le=100), cursor: datetime | None = None
) -> Any:
    """Return a page of the list."""
    rows = articles().filter(published_at__lt=cursor) if cursor else articles()
    found = list(rows[: limit + 1])
    return {"items": found[:limit], "next_cursor": found[limit - 1].published_at if len(found) > limit else None}
