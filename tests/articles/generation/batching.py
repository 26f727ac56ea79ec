"""A batch's surroundings in a test: the broker's queue as a list, and runners that stop where the test wants."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.contrib.auth.models import User
from django.utils import timezone

from articles.content import Content
from articles.enums import CallOutcome, GenerationStatus, Origin
from articles.generation.batch_selectors import Progress
from articles.generation.batches import batch_start
from articles.generation.jobs import announce_end
from articles.generation.leases import Lease, claim, crowded
from articles.generation.planning import Common, plan_rows
from articles.generation.rows import rows_of_text
from articles.generation.writers import Pen, Result
from articles.models import Article, GenerationBatch, GenerationJob
from articles.models.generation import HELD_STATUSES
from articles.providers.base import ProviderError
from articles.services.articles import article_create


def started(owner: User, rows: int = 5, **given: object) -> GenerationBatch:
    """Start a batch of so many topics."""
    plan = plan_rows(rows_of_text("".join(f"Topic {row}\n" for row in range(1, rows + 1))), Common(), {})
    return batch_start(owner=owner, name="Topics", planned=plan.planned, **given)  # type: ignore[arg-type]


def counted(batch: GenerationBatch) -> Progress:
    """Count a batch's jobs one by one, to compare with."""
    statuses = list(GenerationJob.objects.filter(batch=batch).values_list("status", flat=True))
    return Progress(
        queued=statuses.count("queued"),
        at_work=sum(status in HELD_STATUSES for status in statuses),
        succeeded=statuses.count("succeeded"),
        failed=statuses.count("failed"),
        cancelled=statuses.count("cancelled"),
    )


class QuickWriter:
    """Writes a draft at once; topics that begin with “Refused” are refused by the provider."""

    def write(self, pen: Pen) -> Result:
        """Write it."""
        if pen.job.subject.startswith("Refused"):
            raise ProviderError(CallOutcome.REFUSED, "Not that.")
        return Result("Some words.", {"title": pen.job.subject})

    def finish(self, job: GenerationJob, result: Result) -> Article:
        """Make the draft."""
        content = Content(title=result.values["title"], body=result.text, origin=Origin.AI.value)
        return article_create(content=content, author=job.owner)


@dataclass
class Workers:
    """Takes the place of the broker and of the workers: a list of asked-for jobs, and the leases of those at work."""

    queue: list[int] = field(default_factory=list)
    held: list[Lease] = field(default_factory=list)

    def enqueue(self, job_id: int, priority: int, *, after_s: float = 0.0) -> bool:
        """Stand in for ``job_enqueue``."""
        self.queue.append(job_id)
        return True

    def take(self, place: int = 0) -> Lease | None:
        """Deliver a task; return the lease of the runner that took the job up, if one did."""
        if not self.queue:
            return None
        lease = claim(self.queue.pop(place % len(self.queue)))
        if lease is None:
            return None
        if crowded(lease.job):  # by a task of before a pause, say
            lease.let_go(not_before=timezone.now() + timedelta(seconds=1), waits_for="account")
            return None
        self.held.append(lease)
        return lease

    def end(self, status: str, place: int = 0) -> None:
        """Let a runner come to an end; one that was asked to stop is cancelled."""
        if not self.held:
            return
        lease = self.held.pop(place % len(self.held))
        lease.job.refresh_from_db()
        if lease.job.cancel_requested_at:
            status = GenerationStatus.CANCELLED
        lease.write(
            status=status, finished_at=timezone.now(), lease=None, lease_until=None, error={"code": "unexpected"}
        )
        announce_end(lease.job)

    def put_off(self, place: int = 0, pause_s: float = 2.0) -> None:
        """Let a runner give its job back for a while, as after a provider's failure."""
        if not self.held:
            return
        lease = self.held.pop(place % len(self.held))
        lease.let_go(not_before=timezone.now() + timedelta(seconds=pause_s), waits_for="retry")
        self.queue.append(lease.job.pk)
