"""The lease on a job: of any number of runners one has it, and only its writes reach the row.

A lease is a random id on the row with an end; it is renewed while the runner works, and a job whose lease has run out
is anybody's. Each write asks in its own statement whether the lease is still there, so a runner that was paused
and comes back writes nothing.
"""

from __future__ import annotations

import threading
import time
import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.enums import BatchStatus, GenerationStatus, Priority
from articles.generation.errors import Cancelled, HandedOver, LeaseLost
from articles.models import GenerationBatch, GenerationJob
from articles.models.generation import HELD_STATUSES, OPEN_STATUSES

LEASE = timedelta(seconds=6)
RENEW_S = 1.5
LOOK_S = 0.4  # how often a runner asks whether it should stop
_HALTED = (BatchStatus.PAUSED, BatchStatus.CANCELLED)

#: Set when this worker is stopping: its runners hand their jobs over.
stopping = threading.Event()


def claim(job_id: int) -> Lease | None:
    """Take a job that nobody has and that may be worked on now; None when there is nothing to take."""
    now, lease = timezone.now(), uuid.uuid4()
    claimed = GenerationJob.objects.filter(
        claimable(now), Q(not_before__isnull=True) | Q(not_before__lte=now), pk=job_id
    ).update(
        status=GenerationStatus.RUNNING, lease=lease, lease_until=now + LEASE, tries=F("tries") + 1, waits_for="",
        not_before=None, started_at=Coalesce("started_at", now),
    )  # fmt: skip
    if not claimed:
        return None
    return Lease(GenerationJob.objects.select_related("owner", "prompt_version").get(pk=job_id), lease)


def claimable(now: Any) -> Q:
    """Return what tells a job that nobody has and nobody stopped.

    Batches by a subquery of their own and no join: with one, Django would move the whole condition into a subquery,
    which PostgreSQL doesn't look at again after waiting for the row, and two runners would both have it.
    """
    free = Q(status=GenerationStatus.QUEUED) | Q(status__in=HELD_STATUSES, lease_until__lt=now)
    halted = GenerationBatch.objects.filter(status__in=_HALTED).values("pk")
    return free & Q(cancel_requested_at__isnull=True) & (Q(batch__isnull=True) | ~Q(batch_id__in=halted))


def crowded(job: GenerationJob) -> bool:
    """Whether the account has as many jobs of this urgency at work as it may, ``job`` left out."""
    at_work = GenerationJob.objects.filter(
        owner_id=job.owner_id, priority=job.priority, status__in=HELD_STATUSES, lease_until__gte=timezone.now()
    )
    return at_work.exclude(pk=job.pk).count() >= places(job.priority)


def places(priority: int) -> int:
    """Return how many jobs of an urgency an account may have at work; batches leave one to who waits for theirs."""
    most: int = settings.GENERATE_PER_USER - (priority == Priority.BATCH)
    return max(1, most)


class Lease:
    """One runner's hold on one job."""

    def __init__(self, job: GenerationJob, lease: uuid.UUID) -> None:
        self.job = job
        self.id = lease
        self._renewed_s = self._looked_s = time.monotonic()

    def watch(self) -> bool:
        """Renew when it is time and look whether to go on; return whether it was renewed.

        Raises LeaseLost, Cancelled, HandedOver.
        """
        now_s = time.monotonic()
        if stopping.is_set():
            raise HandedOver
        if now_s - self._looked_s < LOOK_S:
            return False
        self._looked_s = now_s
        row = GenerationJob.objects.filter(pk=self.job.pk).values_list("lease", "cancel_requested_at").first()
        if row is None or row[0] != self.id:
            raise LeaseLost
        if row[1] is not None:
            raise Cancelled
        if now_s - self._renewed_s < RENEW_S:
            return False
        self.renew()
        return True

    def renew(self) -> None:
        """Hold it for another ``LEASE``; raises LeaseLost."""
        self.write(lease_until=timezone.now() + LEASE)
        self._renewed_s = time.monotonic()

    def write(self, **changes: Any) -> None:
        """Change the row if it is still this runner's; raises LeaseLost with nothing written."""
        mine = GenerationJob.objects.filter(pk=self.job.pk, lease=self.id, status__in=OPEN_STATUSES)
        if not mine.update(**changes):
            raise LeaseLost
        for name, value in changes.items():
            setattr(self.job, name, value)

    def let_go(self, **changes: Any) -> None:
        """Give the job back to whoever asks next; raises LeaseLost."""
        self.write(status=GenerationStatus.QUEUED, lease=None, lease_until=None, **changes)

    def lock(self) -> None:
        """Keep the row until the transaction ends; raises LeaseLost, and Cancelled when a stop was asked for before."""
        assert transaction.get_connection().in_atomic_block
        self.renew()
        asked = GenerationJob.objects.filter(pk=self.job.pk).values_list("cancel_requested_at", flat=True).get()
        if asked is not None:
            raise Cancelled
