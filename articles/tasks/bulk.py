"""Bulk jobs in the background."""

from __future__ import annotations

from typing import Any

from celery import shared_task

from articles.bulk.jobs import job_run, jobs_resume

SLICE_S = 20.0


@shared_task(bind=True, ignore_result=True)
def bulk_job_run(self: Any, job_id: int) -> None:
    """Work on a job for a while, then let other tasks pass."""
    slice_s = None if self.request.is_eager else SLICE_S
    if job_run(job_id, slice_s=slice_s):
        bulk_job_run.delay(job_id)


@shared_task(ignore_result=True, expires=60)
def bulk_jobs_resume() -> None:
    """Take up jobs whose worker died."""
    jobs_resume()
