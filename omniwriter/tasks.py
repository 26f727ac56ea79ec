"""The project's own periodic work; ``CELERY_BEAT_SCHEDULE`` says when."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from perfmon.indexes.reports import reports_make_monthly


@shared_task
def sessions_clear() -> None:
    """Delete expired sessions."""
    call_command("clearsessions")


@shared_task
def indexes_report() -> None:
    """Report on the indexes of every database but replicas; the dashboard's page of queries shows it."""
    reports_make_monthly(now=timezone.now())
