"""The ways articles are asked for, each with the index it was written for in ``models.py``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from articles.enums import Status

if TYPE_CHECKING:
    from articles.models import Article  # noqa: F401

Position = tuple[datetime, int]


class ArticleQuerySet(models.QuerySet["Article"]):
    """Articles, filtered in the site's own words."""

    def published(self) -> ArticleQuerySet:
        """Keep what readers may see."""
        return self.filter(status=Status.PUBLISHED)

    def newest_first(self) -> ArticleQuerySet:
        """Order by publication; ``id`` decides between articles of the same instant."""
        return self.order_by("-published_at", "-id")

    def oldest_first(self) -> ArticleQuerySet:
        """The reverse of ``newest_first``."""
        return self.order_by("published_at", "id")

    def older_than(self, position: Position) -> ArticleQuerySet:
        """Keep what comes after ``position`` in ``newest_first``."""
        moment, pk = position
        # The first condition alone bounds the index scan; SQLite and PostgreSQL don't see it in the OR.
        return self.filter(Q(published_at__lte=moment), Q(published_at__lt=moment) | Q(id__lt=pk))

    def newer_than(self, position: Position) -> ArticleQuerySet:
        """Keep what comes before ``position`` in ``newest_first``."""
        moment, pk = position
        return self.filter(Q(published_at__gte=moment), Q(published_at__gt=moment) | Q(id__gt=pk))
