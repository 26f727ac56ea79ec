"""What the API leaves behind and beat clears away: keys past their day, tokens that ended long ago."""

from __future__ import annotations

from celery import shared_task

from articles.idempotency import keys_clear
from articles.services.tokens import tokens_clear


@shared_task(ignore_result=True)
def keys_clear_away() -> None:
    """Delete idempotency keys older than a day."""
    keys_clear()


@shared_task(ignore_result=True)
def tokens_clear_away() -> None:
    """Delete access tokens that ended more than 30 days ago."""
    tokens_clear()
