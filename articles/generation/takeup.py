"""What looks after jobs whose runner died, whose task was lost, or that were stopped while nobody had them."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from articles.generation import jobs, ledger
from articles.generation.leases import claimable
from articles.models import GenerationJob
from articles.models.generation import HELD_STATUSES, OPEN_STATUSES

#: A job that waits for so long may have lost its task. One that is asked for again although it had not costs nothing.
STRANDED_AFTER = timedelta(seconds=20)
ASK_AGAIN_S = 60.0  # how often one process asks for one and the same job
ASK_LOST_AGAIN_S = 4.0
MOST_AT_ONCE = 200

_asked_s: dict[int, float] = {}


def jobs_take_up() -> int:
    """Ask again for every job that should be worked on and is not; return for how many."""
    _end_stopped()
    ledger.settle_orphans()
    now = timezone.now()
    waiting = Q(batch__isnull=True, created_at__lt=now - STRANDED_AFTER) & (
        Q(not_before__isnull=True) | Q(not_before__lt=now - timedelta(seconds=2))
    )
    lost = Q(status__in=HELD_STATUSES, lease_until__lt=now)
    wanted = GenerationJob.objects.filter(claimable(now)).filter(lost | waiting).order_by("priority", "pk")
    asked = 0
    for job_id, priority, status in wanted.values_list("pk", "priority", "status")[:MOST_AT_ONCE]:
        if _is_due(job_id, ASK_LOST_AGAIN_S if status in HELD_STATUSES else ASK_AGAIN_S):
            asked += jobs.job_enqueue(job_id, priority)
    return asked


def _end_stopped() -> None:
    stopped = GenerationJob.objects.filter(status__in=OPEN_STATUSES, cancel_requested_at__isnull=False)
    for job_id in stopped.values_list("pk", flat=True)[:MOST_AT_ONCE]:
        if jobs.cancel_unheld(job_id):
            ledger.settle_lost(job_id)


def _is_due(job_id: int, pause_s: float) -> bool:
    now_s = time.monotonic()
    for known in [known for known, asked_s in _asked_s.items() if now_s - asked_s > ASK_AGAIN_S]:
        del _asked_s[known]
    if now_s - _asked_s.get(job_id, -ASK_AGAIN_S) < pause_s:
        return False
    _asked_s[job_id] = now_s
    return True
