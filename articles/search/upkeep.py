"""Keeps the index at what readers see: called when that has changed and is committed, and to build it anew."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import NamedTuple

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.db.models.signals import post_delete
from modelsearch.backends import get_search_backend
from modelsearch.models import IndexEntry

from articles.models import Article
from articles.search.backends.base import BoundedBackend, article_type_id
from articles.signals import live_changed

logger = logging.getLogger(__name__)
BATCH = 200


class Progress(NamedTuple):
    """How far a rebuild is."""

    done: int
    total: int


class Counts(NamedTuple):
    """What readers see, how much of it the index knows, and what it knows besides."""

    published: int
    indexed: int
    stale: int


def connect() -> None:
    """Follow what readers see."""
    live_changed.connect(_follow, sender=Article, dispatch_uid="search index")
    post_delete.connect(_forget, sender=Article, dispatch_uid="search index")


def article_index(article_id: int) -> None:
    """Make the index say of one article what readers see of it: its live text, or nothing.

    The row is locked meanwhile: of two changes that follow each other closely, the index keeps the second.
    """
    with transaction.atomic():
        Article.objects.select_for_update().filter(pk=article_id).values_list("pk").first()
        article = Article.get_indexed_objects().filter(pk=article_id).first()
        if article is None:
            get_search_backend().delete(Article(pk=article_id))
        else:
            get_search_backend().add(article)


def index_rebuild(*, batch: int = BATCH) -> Iterator[Progress]:
    """Index every published article, in the order they were made, then forget all others; yields after each batch.

    Searches go on meanwhile. Each batch is a transaction of its own, so that writers wait for one at most.
    """
    total, done, last = Article.objects.published().count(), 0, 0
    while rows := _index_batch(last, batch):
        last, done = rows[-1].pk, done + len(rows)
        yield Progress(done, max(total, done))
    _prune()


def index_counts() -> Counts:
    """Return how many articles readers see, and how many of those and of others the index knows."""
    entries = IndexEntry.objects.filter(content_type_id=article_type_id())
    known = Exists(entries.filter(object_id=Cast(OuterRef("pk"), CharField())))
    indexed = Article.objects.published().filter(known).count()
    return Counts(Article.objects.published().count(), indexed, entries.count() - indexed)


def _index_batch(after: int, batch: int) -> list[Article]:
    with transaction.atomic():
        articles = Article.get_indexed_objects().select_for_update(of=("self",))
        rows = list(articles.filter(pk__gt=after).order_by("pk")[:batch])
        if rows:
            get_search_backend().add_bulk(Article, rows)
    return rows


def _prune() -> None:
    """Forget what readers don't see any more, or never did."""
    public = Article.objects.published().annotate(text_id=Cast("pk", CharField())).values("text_id")
    stale = IndexEntry.objects.filter(content_type_id=article_type_id()).exclude(object_id__in=public)
    while some := list(stale.values_list("pk", flat=True)[:BATCH]):
        IndexEntry.objects.filter(pk__in=some)._raw_delete(using=stale.db)  # noqa: SLF001 - the triggers do what a cascade would


def _follow(article_id: int, **kwargs: object) -> None:
    try:
        article_index(article_id)
    except Exception:  # whatever ails the index, the article is published
        logger.exception("Article %d could not be indexed; manage.py search_rebuild repairs that", article_id)


def _forget(instance: Article, **kwargs: object) -> None:
    backend = get_search_backend()
    if isinstance(backend, BoundedBackend):
        return  # the database forgets the rows that belong to a deleted one
    try:
        backend.delete(instance)
    except Exception:
        logger.exception("Article %d could not be taken from the index", instance.pk)
