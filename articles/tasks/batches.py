"""Batches in the background: the next rows are handed out as jobs end, and by the clock when that was missed."""

from __future__ import annotations

from celery import shared_task

from articles.generation.batches import batches_advance


@shared_task(ignore_result=True, expires=10)
def generation_batches_advance() -> None:
    """Hand out the next rows of every batch, and end those that are over."""
    batches_advance()
