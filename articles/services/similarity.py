"""What keeps the bands by which like articles are found in step with what is public."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef

from articles.models import Article, SimilarityBand
from articles.quality.shingles import bands_of, shingles_of
from articles.signals import live_changed

logger = logging.getLogger(__name__)
_BATCH = 100


def bands_refresh(*, article_id: int) -> None:
    """Store the bands of an article that is public, and drop those of one that is not."""
    body = Article.objects.published().filter(pk=article_id).values_list("body", flat=True).first()
    _store(article_id, body)


def bands_rebuild(*, only_missing: bool = False, progress: Callable[[int], None] | None = None) -> int:
    """Store the bands of every public article, or of those that have none, and drop all others; return how many."""
    SimilarityBand.objects.exclude(article__in=Article.objects.published()).delete()
    done, last = 0, 0
    while rows := _next(last, only_missing=only_missing):
        for pk, body in rows:
            _store(pk, body)
        last = rows[-1][0]
        done += len(rows)
        if progress:
            progress(done)
    return done


def follow_live_changes() -> None:
    """Have the bands follow what is published from now on."""
    live_changed.connect(_refresh_quietly, dispatch_uid="articles.similarity")


def _refresh_quietly(sender: Any, article_id: int, **kwargs: Any) -> None:
    """Advice must not break a publication that is committed; what is missed here, the daily catch-up mends."""
    try:
        bands_refresh(article_id=article_id)
    except DatabaseError:
        logger.exception("The similarity bands of article %d were not stored.", article_id)


def _next(last: int, *, only_missing: bool) -> list[tuple[int, str]]:
    articles = Article.objects.published().filter(pk__gt=last).order_by("pk")
    if only_missing:
        # A text of a few words has none and is looked at each time, which costs little.
        articles = articles.exclude(Exists(SimilarityBand.objects.filter(article=OuterRef("pk"))))
    return list(articles.values_list("pk", "body")[:_BATCH])


def _store(article_id: int, body: str | None) -> None:
    bands = bands_of(shingles_of(body)) if body else []
    rows = [SimilarityBand(article_id=article_id, band=number, value=value) for number, value in enumerate(bands)]
    with transaction.atomic():
        SimilarityBand.objects.filter(article_id=article_id).delete()
        SimilarityBand.objects.bulk_create(rows)
