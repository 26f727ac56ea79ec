"""Batches: start one, hold it, go on, end it. How far one is, is counted from its jobs.

Of a batch only a few jobs are in the broker's queue at a time: as one ends the next is handed out. So a pause works at
once, a cancellation is two statements, and batches share the workers fairly. A job that was handed out and is not taken
up by ``lease_until`` counts as lost and is handed out anew; one task too many changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation

from articles.enums import BatchStatus, GenerationKind, GenerationStatus, Priority
from articles.generation.budgets import require_jobs
from articles.generation.jobs import job_cancel, job_enqueue
from articles.generation.leases import places
from articles.generation.planning import Planned
from articles.generation.rows import RowFault
from articles.models import GenerationBatch, GenerationJob, PromptVersion
from articles.models.generation import HELD_STATUSES, OPEN_STATUSES
from articles.signals import generation_ended

logger = logging.getLogger(__name__)
#: A task that nobody has taken up for so long may be lost.
HANDED_OUT_FOR = timedelta(seconds=120)
MAX_NAME_CHARS = 120
_CHUNK_ROWS = 500


def batch_start(
    *,
    owner: AbstractBaseUser,
    name: str,
    planned: Sequence[Planned],
    refused: Iterable[RowFault] = (),
    common: dict[str, Any] | None = None,
    category_id: int | None = None,
    prompt_version: PromptVersion | None = None,
    endpoint_wanted: str = "",
    request_key: str = "",
) -> GenerationBatch:
    """Store a batch and a job for each row, all or nothing, and have them worked on once that is committed.

    The same account and ``request_key`` find the batch that there is, so a double click starts one. Raises BudgetError
    with nothing stored, and ValueError for a batch without rows.
    """
    if not planned:
        raise ValueError("A batch needs a row.")
    if there := _asked_before(owner, request_key):
        return there
    require_jobs(owner.pk, jobs=len(planned))
    batch = GenerationBatch(
        owner_id=owner.pk, name=name.strip()[:MAX_NAME_CHARS], request_key=request_key, parameters=common or {},
        category_id=category_id, refused=[asdict(fault) for fault in refused],
    )  # fmt: skip
    shared = {"prompt_version": prompt_version, "endpoint_wanted": endpoint_wanted}
    try:
        with transaction.atomic():
            batch.save(force_insert=True)
            jobs = (_job(batch, one, shared) for one in planned)
            GenerationJob.objects.bulk_create(jobs, batch_size=_CHUNK_ROWS)
    except IntegrityError:
        there = _asked_before(owner, request_key)
        if there is None:
            raise
        return there
    transaction.on_commit(partial(batch_advance, batch.pk))
    return batch


def batch_pause(*, batch_id: int) -> bool:
    """Begin no more rows; those at work are finished. Return whether it was running."""
    with transaction.atomic():
        running = GenerationBatch.objects.filter(pk=batch_id, status=BatchStatus.RUNNING)
        if not running.update(status=BatchStatus.PAUSED):
            return False
        _queued(batch_id).update(lease_until=None)
    return True


def batch_resume(*, batch_id: int) -> bool:
    """Go on with a batch that was paused; return whether it was."""
    paused = GenerationBatch.objects.filter(pk=batch_id, status=BatchStatus.PAUSED)
    if not paused.update(status=BatchStatus.RUNNING):
        return False
    transaction.on_commit(partial(batch_advance, batch_id))
    return True


def batch_cancel(*, batch_id: int) -> bool:
    """End all rows that were not begun, and stop those at work, which keep their text; return whether it was open."""
    now = timezone.now()
    with transaction.atomic():
        open_ones = GenerationBatch.objects.filter(pk=batch_id, finished_at__isnull=True)
        if not open_ones.exclude(status=BatchStatus.CANCELLED).update(status=BatchStatus.CANCELLED):
            return False
        _queued(batch_id).filter(not_before=None).update(
            status=GenerationStatus.CANCELLED, finished_at=now, cancel_requested_at=now, lease=None, lease_until=None,
            waits_for="",
        )  # fmt: skip
    begun = _jobs(batch_id).filter(status__in=OPEN_STATUSES)  # few, and each may have viewers who want to hear of it
    for job_id in list(begun.values_list("pk", flat=True)):
        job_cancel(job_id=job_id)
    transaction.on_commit(partial(batch_advance, batch_id))
    return True


def batch_retry_failed(*, batch_id: int) -> int:
    """Go on with the rows that failed, each from its last checkpoint; return how many.

    Not of a batch that was cancelled. Raises BudgetError.
    """
    batch = GenerationBatch.objects.get(pk=batch_id)
    require_jobs(batch.owner_id, jobs=0)
    with transaction.atomic():
        batch = GenerationBatch.objects.select_for_update().get(pk=batch_id)
        if batch.status == BatchStatus.CANCELLED:
            return 0
        again = _jobs(batch_id).filter(status=GenerationStatus.FAILED).update(
            status=GenerationStatus.QUEUED, finished_at=None, cancel_requested_at=None, error={}, failures=0,
            not_before=None, waits_for="", lease=None, lease_until=None,
        )  # fmt: skip
        if again and batch.status == BatchStatus.DONE:
            batch.status, batch.finished_at = BatchStatus.RUNNING, None
            batch.save(update_fields=["status", "finished_at"])
    transaction.on_commit(partial(batch_advance, batch_id))
    return again


def batch_advance(batch_id: int) -> int:
    """Hand out as many rows as may be at work, and end a batch that is over; return how many were handed out.

    Any number may do so at the same time: the batch's row is locked.
    """
    with transaction.atomic():
        batch = GenerationBatch.objects.select_for_update().filter(pk=batch_id, finished_at__isnull=True).first()
        if batch is None:
            return 0
        handed_out = _hand_out(batch) if batch.status == BatchStatus.RUNNING else []
        if not handed_out and not _jobs(batch_id).filter(status__in=OPEN_STATUSES).exists():
            batch.status = BatchStatus.CANCELLED if batch.status == BatchStatus.CANCELLED else BatchStatus.DONE
            batch.finished_at = timezone.now()
            batch.save(update_fields=["status", "finished_at"])
        for job_id in handed_out:
            transaction.on_commit(partial(job_enqueue, job_id, Priority.BATCH))
    return len(handed_out)


def batches_advance() -> int:
    """Do so for every batch that is not over, as after a task was lost; return how many rows were handed out."""
    ids = GenerationBatch.objects.filter(finished_at__isnull=True).values_list("pk", flat=True)
    return sum(batch_advance(batch_id) for batch_id in list(ids))


def follow_jobs() -> None:
    """Hand out the next row whenever one ends."""
    generation_ended.connect(_job_ended, dispatch_uid="articles.generation.batches")


def _job_ended(sender: object, *, batch_id: int | None = None, **_: object) -> None:
    if batch_id is None:
        return
    try:
        batch_advance(batch_id)
    except DatabaseError:  # the job is over all the same, and the batch goes on by the clock
        logger.warning("Batch %d could not be advanced.", batch_id, exc_info=True)


def _asked_before(owner: AbstractBaseUser, request_key: str) -> GenerationBatch | None:
    if not request_key:
        return None
    return GenerationBatch.objects.filter(owner_id=owner.pk, request_key=request_key).first()


def _job(batch: GenerationBatch, planned: Planned, shared: dict[str, Any]) -> GenerationJob:
    return GenerationJob(
        kind=GenerationKind.ARTICLE, owner_id=batch.owner_id, batch=batch, row=planned.row,
        parameters=planned.parameters, language=planned.language, priority=Priority.BATCH,
        ui_language=translation.get_language() or settings.LANGUAGE_CODE, **shared,
    )  # fmt: skip


def _jobs(batch_id: int) -> QuerySet[GenerationJob]:
    return GenerationJob.objects.filter(batch_id=batch_id)


def _queued(batch_id: int) -> QuerySet[GenerationJob]:
    return _jobs(batch_id).filter(status=GenerationStatus.QUEUED)


def _hand_out(batch: GenerationBatch) -> list[int]:
    now = timezone.now()
    room = _share(batch) - _jobs(batch.pk).filter(_in_hand(now)).count()
    if room <= 0:
        return []
    due = Q(not_before__isnull=True) | Q(not_before__lte=now)
    idle = _queued(batch.pk).filter(due, Q(lease_until__isnull=True) | Q(lease_until__lte=now))
    ids = list(idle.order_by("row").values_list("pk", flat=True)[:room])
    _queued(batch.pk).filter(pk__in=ids).update(lease_until=now + HANDED_OUT_FOR)
    return ids


def _in_hand(now: datetime) -> Q:
    """Return what tells a job that is at work, in the broker's queue, or there again after a pause of its own."""
    waits = Q(lease_until__gt=now) | Q(not_before__gt=now)
    return Q(status__in=HELD_STATUSES) | (Q(status=GenerationStatus.QUEUED) & waits)


def _share(batch: GenerationBatch) -> int:
    """Return how many of the jobs that an account may have at work are this batch's."""
    running = GenerationBatch.objects.filter(owner_id=batch.owner_id, status=BatchStatus.RUNNING).count()
    return max(1, places(Priority.BATCH) // max(1, running))
