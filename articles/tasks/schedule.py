"""What beat asks for: publications that are due, old autosaves."""

from __future__ import annotations

from celery import shared_task

from articles.services.revisions import autosaves_thin
from articles.services.schedule import schedule_run


@shared_task(ignore_result=True, expires=60)
def articles_follow_schedule() -> None:
    """Publish what is due and take off what has ended."""
    schedule_run()


@shared_task(ignore_result=True)
def autosaves_thin_out() -> None:
    """Keep one autosave an hour of those older than a day."""
    autosaves_thin()
