"""What the sitemap lists: rows by id in pages of a fixed range, so that a page keeps its rows as new ones come."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.db.models import Exists, F, OuterRef, QuerySet

from articles.models import Article, Category, Tag

PAGE_IDS = 500


def sitemap_pages(rows: QuerySet[Article] | QuerySet[Tag] | QuerySet[User]) -> list[int]:
    """Return the numbers of the pages that hold any row; it reads ids only, which the index alone gives."""
    numbers = rows.order_by().annotate(number=F("id") / PAGE_IDS).values_list("number", flat=True).distinct()
    return sorted(int(number) for number in numbers)


def articles_public() -> QuerySet[Article]:
    """Return the published articles, unread."""
    return Article.objects.published()


def article_locations(*, page: int) -> list[tuple[str, datetime | None]]:
    """Return slugs of published articles with when readers last got another text."""
    rows = Article.objects.published().filter(id__gte=page * PAGE_IDS, id__lt=(page + 1) * PAGE_IDS).order_by("id")
    return list(rows.values_list("slug", "live_updated_at"))


def tags_public() -> QuerySet[Tag]:
    """Return the tags of published articles, unread."""
    used = Article.tags.through.objects.filter(tag=OuterRef("pk"), article__in=Article.objects.published())
    return Tag.objects.filter(Exists(used))


def tag_slugs(*, page: int) -> list[str]:
    """Return a page of the tags' slugs."""
    rows = tags_public().filter(id__gte=page * PAGE_IDS, id__lt=(page + 1) * PAGE_IDS)
    return list(rows.order_by("id").values_list("slug", flat=True))


def authors_public() -> QuerySet[User]:
    """Return who published anything, unread."""
    return get_user_model().objects.filter(Exists(Article.objects.published().filter(author=OuterRef("pk"))))


def author_names(*, page: int) -> list[tuple[int, str]]:
    """Return a page of the authors' ids with their full names; who has none is left out."""
    rows = authors_public().filter(id__gte=page * PAGE_IDS, id__lt=(page + 1) * PAGE_IDS).order_by("id")
    named = [(pk, f"{first} {last}".strip()) for pk, first, last in rows.values_list("id", "first_name", "last_name")]
    return [(pk, name) for pk, name in named if name]


def category_slugs() -> list[str]:
    """Return the slugs of the categories that have published articles."""
    public = Article.objects.published().filter(category=OuterRef("pk"))
    return list(Category.objects.filter(Exists(public)).order_by("id").values_list("slug", flat=True))
