"""The project's own periodic work; ``CELERY_BEAT_SCHEDULE`` says when."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command


@shared_task
def sessions_clear() -> None:
    """Delete expired sessions."""
    call_command("clearsessions")
