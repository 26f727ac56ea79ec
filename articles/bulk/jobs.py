"""Bulk jobs: start one, cancel one, work on one. The row is the truth, the task carries only its id."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import OperationalError, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from articles.bulk.handlers import BulkError, Outcome, handler_for
from articles.enums import BulkKind, JobStatus
from articles.models import BulkJob

logger = logging.getLogger(__name__)
#: A runner that has given no sign of life for so long has lost its job to whoever asks next.
LEASE = timedelta(seconds=30)
#: An open job of this age that nobody works on is one whose task was lost.
STRANDED_AFTER = timedelta(seconds=60)
MAX_FAILURES_KEPT = 100
_SAVE_EVERY_S = 0.5
_SMALL_JOB = 50
_OPEN = (JobStatus.WAITING, JobStatus.RUNNING)


class LeaseLost(Exception):
    """The job was cancelled or another runner has it; what was not stored is not done."""


def job_start(*, kind: BulkKind, owner: AbstractBaseUser, parameters: dict[str, Any]) -> BulkJob:
    """Store a job and have it worked on once the transaction is committed; messages come in the language of now."""
    job = BulkJob.objects.create(
        kind=kind, owner_id=owner.pk, parameters={**parameters, "ui_language": translation.get_language()}
    )
    transaction.on_commit(partial(_enqueue, job.pk))
    return job


def job_cancel(*, job_id: int) -> bool:
    """End a job between two of its items; what is done stays done. Return whether it was still open."""
    open_jobs = BulkJob.objects.filter(pk=job_id, status__in=_OPEN)
    return bool(open_jobs.update(status=JobStatus.CANCELLED, finished_at=timezone.now()))


def job_resume(*, job_id: int) -> None:
    """Ask for the job to be worked on; while a runner has it this changes nothing."""
    transaction.on_commit(partial(_enqueue, job_id))


def job_run(job_id: int, *, slice_s: float | None = None) -> bool:
    """Work on the job unless another runner does; return whether it should be asked for again.

    It should after ``slice_s`` seconds, so that long jobs don't keep short tasks waiting.
    """
    job = _claim(job_id)
    if job is None:
        return False
    with translation.override(job.parameters.get("ui_language") or settings.LANGUAGE_CODE):
        return _Run(job, None if slice_s is None else time.monotonic() + slice_s).work()


def jobs_resume() -> int:
    """Ask again for open jobs that nobody works on, as after a worker's death; return how many."""
    now = timezone.now()
    stranded = BulkJob.objects.filter(_free(), created_at__lt=now - STRANDED_AFTER, status__in=_OPEN)
    ids = list(stranded.values_list("pk", flat=True))
    for pk in ids:
        _enqueue(pk)
    return len(ids)


def _enqueue(job_id: int) -> None:
    from articles.tasks.bulk import bulk_job_run  # tasks import this module

    bulk_job_run.delay(job_id)


def _free() -> Q:
    # Between two slices a job runs and has no beat.
    unheld = Q(beat_at__isnull=True) | Q(beat_at__lt=timezone.now() - LEASE)
    return Q(status=JobStatus.WAITING) | Q(unheld, status=JobStatus.RUNNING)


def _claim(job_id: int) -> BulkJob | None:
    """Take the job's lease in one statement, so that of any number of runners one gets it."""
    now = timezone.now()
    claimed = BulkJob.objects.filter(_free(), pk=job_id).update(
        status=JobStatus.RUNNING, beat_at=now, started_at=Coalesce("started_at", now)
    )
    return BulkJob.objects.select_related("owner").get(pk=job_id) if claimed else None


class _Run:
    """One runner's time with one job."""

    def __init__(self, job: BulkJob, ends_at: float | None) -> None:
        self._job = job
        self._ends_at = ends_at
        self._handler = handler_for(job.kind)
        self._saved_at = 0.0

    def work(self) -> bool:
        """Go through the items until the last, the slice's end, a cancellation, or an error."""
        try:
            self._begin()
            return self._go(self._handler.steps(self._job))
        except LeaseLost:
            return False
        except BulkError as error:
            self._end(JobStatus.FAILED, str(error))
            return False
        except OperationalError:
            raise  # the database is away: the job is taken up again when its lease has run out
        except Exception:
            logger.exception("Bulk job %d stopped.", self._job.pk)
            self._end(JobStatus.FAILED, _("The job stopped at an unexpected error. What was done before stays done."))
            raise

    def _begin(self) -> None:
        job = self._job
        if not self._handler.resumable:
            job.done, job.failed, job.failures, job.position, job.total = 0, 0, [], 0, 0
        if job.total == 0:
            job.total = self._handler.total(job)
        self._save()

    def _go(self, steps: Iterator[Outcome]) -> bool:
        advance = self._advance_once if self._handler.resumable else self._advance
        try:
            while advance(steps):
                if self._handler.resumable and self._ends_at is not None and time.monotonic() >= self._ends_at:
                    self._store(beat_at=None)
                    return True
        finally:
            steps.close()  # type: ignore[attr-defined]  # a generator: what it holds is let go now
        self._end(JobStatus.DONE)
        return False

    def _advance_once(self, steps: Iterator[Outcome]) -> bool:
        """Work on one item and store its outcome, both or neither."""
        with transaction.atomic():
            outcome = next(steps, None)
            if outcome is None:
                return False
            self._count(outcome)
            self._save()
        return True

    def _advance(self, steps: Iterator[Outcome]) -> bool:
        outcome = next(steps, None)
        if outcome is None:
            return False
        self._count(outcome)
        if self._job.total <= _SMALL_JOB or time.monotonic() - self._saved_at >= _SAVE_EVERY_S:
            self._save()
        return True

    def _count(self, outcome: Outcome) -> None:
        job = self._job
        job.done += 1
        job.failed += bool(outcome.failures)
        job.position = outcome.position
        room = MAX_FAILURES_KEPT - len(job.failures)
        job.failures = [*job.failures, *outcome.failures[:room]]

    def _save(self) -> None:
        self._store(beat_at=timezone.now())
        self._saved_at = time.monotonic()

    def _end(self, status: JobStatus, message: str = "") -> None:
        job = self._job
        if message:
            job.failures = [*job.failures[: MAX_FAILURES_KEPT - 1], {"message": message}]
        self._store(status=status, finished_at=timezone.now(), beat_at=None, file=job.file)

    def _store(self, **changes: Any) -> None:
        """Write progress if the lease is still ours; raises LeaseLost."""
        job = self._job
        mine = BulkJob.objects.filter(pk=job.pk, status=JobStatus.RUNNING, beat_at=job.beat_at)
        progress = {name: getattr(job, name) for name in ("total", "done", "failed", "failures", "position")}
        if not mine.update(**progress, **changes):
            raise LeaseLost
        job.beat_at = changes["beat_at"]
