"""Our tables, as models of an ordinary project."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Category(models.Model):
    """A section."""

    slug = models.SlugField()

    class Meta:
        managed = False
        db_table = "articles_category"


class Tag(models.Model):
    """A word that articles share."""

    name = models.CharField(max_length=60)

    class Meta:
        managed = False
        db_table = "articles_tag"
        ordering = ("name",)


class Article(models.Model):
    """A text."""

    title = models.CharField(max_length=200)
    slug = models.SlugField()
    excerpt = models.CharField(max_length=300)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=8)
    category = models.ForeignKey(Category, null=True, on_delete=models.PROTECT, related_name="+")
    tags = models.ManyToManyField(Tag, db_table="articles_article_tags")
    origin = models.CharField(max_length=10)
    words = models.PositiveIntegerField()
    cover_id = models.BigIntegerField(null=True)
    status = models.CharField(max_length=12)
    published_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(db_column="live_updated_at")

    class Meta:
        managed = False
        db_table = "articles_article"
