"""Generation jobs: start one, stop one, go on with one. The row is the truth, the task carries only its id."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, connections, transaction
from django.utils import timezone, translation
from kombu.exceptions import OperationalError as BrokerError

from articles.enums import BatchStatus, GenerationKind, GenerationStatus, Priority
from articles.exceptions import TransitionError
from articles.generation.budgets import require_jobs
from articles.generation.events import Event
from articles.generation.stream import Stream
from articles.models import Article, GenerationBatch, GenerationJob, PromptVersion
from articles.models.generation import HELD_STATUSES, OPEN_STATUSES
from articles.signals import generation_ended
from articles.tracing import trace_id

logger = logging.getLogger(__name__)

QUEUES = {Priority.INTERACTIVE: "generate", Priority.BATCH: "generate_batch"}
MAX_NOTE_CHARS = 500
#: How a thread is called that does a job's work where there is no broker, before the job's id.
BESIDE = "generation of job "


def job_start(
    *,
    kind: GenerationKind,
    owner: AbstractBaseUser,
    parameters: dict[str, Any],
    language: str,
    request_key: str = "",
    article: Article | None = None,
    batch: GenerationBatch | None = None,
    row: int = 0,
    prompt_version: PromptVersion | None = None,
    endpoint_wanted: str = "",
    alternative_to: GenerationJob | None = None,
    priority: Priority = Priority.INTERACTIVE,
) -> GenerationJob:
    """Store a job and have it worked on once the transaction is committed.

    The same account and ``request_key`` find the job that there is, so asking twice starts one. ``parameters`` are
    taken as they are: check them before. Raises BudgetError with nothing stored.
    """
    if request_key and (there := _asked_before(owner, request_key)):
        return there
    require_jobs(owner.pk)
    job = GenerationJob(
        kind=kind, owner_id=owner.pk, parameters=parameters, language=language, request_key=request_key,
        article=article, batch=batch, row=row, prompt_version=prompt_version, endpoint_wanted=endpoint_wanted,
        alternative_to=alternative_to, priority=priority, ui_language=translation.get_language() or "en",
        trace_id=trace_id(),
    )  # fmt: skip
    try:
        with transaction.atomic():
            job.save(force_insert=True)
    except IntegrityError:
        there = _asked_before(owner, request_key)
        if there is None:
            raise
        return there
    transaction.on_commit(partial(job_enqueue, job.pk, job.priority))
    return job


def job_cancel(*, job_id: int) -> bool:
    """Stop a job; what is written so far stays. Return whether it was still open.

    One that a runner has is stopped by that runner, within a second; any other is over at once.
    """
    now = timezone.now()
    open_jobs = GenerationJob.objects.filter(pk=job_id, status__in=OPEN_STATUSES)
    if not open_jobs.update(cancel_requested_at=now):
        return False
    held = GenerationJob.objects.filter(pk=job_id, status__in=HELD_STATUSES, lease_until__gte=now)
    if not held.exists():
        cancel_unheld(job_id)
    return True


def cancel_unheld(job_id: int) -> bool:
    """End a job that was asked to stop and that no runner has; return whether it was one."""
    now = timezone.now()
    unheld = GenerationJob.objects.filter(
        pk=job_id, status__in=OPEN_STATUSES, cancel_requested_at__isnull=False
    ).exclude(status__in=HELD_STATUSES, lease_until__gte=now)
    if not unheld.update(
        status=GenerationStatus.CANCELLED, finished_at=now, lease=None, lease_until=None, not_before=None, waits_for=""
    ):
        return False
    announce_end(GenerationJob.objects.get(pk=job_id))
    return True


def job_retry(*, job_id: int) -> GenerationJob:
    """Go on with a job that failed or was stopped, from its last checkpoint; one that is open stays as it is.

    Raises BudgetError, and TransitionError for one that succeeded, whose words were kept as an article, or whose batch
    was cancelled.
    """
    job = GenerationJob.objects.select_related("batch").get(pk=job_id)
    is_kept = job.kind == GenerationKind.ARTICLE and job.article_id is not None
    is_called_off = job.batch is not None and job.batch.status == BatchStatus.CANCELLED
    if job.status == GenerationStatus.SUCCEEDED or is_kept or is_called_off:
        raise TransitionError("retry", job.status)
    if job.is_open:
        return job
    require_jobs(job.owner_id, jobs=0)
    over = GenerationJob.objects.filter(pk=job_id, status=job.status, finished_at=job.finished_at)
    over.update(
        status=GenerationStatus.QUEUED, finished_at=None, cancel_requested_at=None, error={}, failures=0,
        not_before=None, waits_for="",
    )  # fmt: skip
    transaction.on_commit(partial(job_enqueue, job.pk, job.priority))
    transaction.on_commit(partial(announce_status, job.pk))
    job.refresh_from_db()
    return job


def job_rate(*, job_id: int, rating: int | None, note: str = "") -> None:
    """Keep what its owner thinks of a job's text: 1, -1, or None for nothing."""
    GenerationJob.objects.filter(pk=job_id).update(rating=rating, rating_note=note.strip()[:MAX_NOTE_CHARS])


def job_enqueue(job_id: int, priority: int = Priority.INTERACTIVE, *, after_s: float = 0.0) -> bool:
    """Ask for a job to be worked on, after so many seconds; while a runner has it this changes nothing.

    Return whether it could be asked: a broker that is away is asked again by ``generations_take_up``.
    """
    if settings.CELERY_TASK_ALWAYS_EAGER:
        _run_beside(job_id, after_s)
        return True
    from articles.tasks.generation import generation_run  # tasks import this module

    try:
        generation_run.apply_async((job_id,), queue=QUEUES[Priority(priority)], countdown=after_s or None)
    except (BrokerError, OSError) as error:
        logger.warning("Generation job %d waits for the broker, which is away: %s", job_id, error)
        return False
    return True


def announce_end(job: GenerationJob, stream: Stream | None = None) -> None:
    """Tell viewers and listeners that a job is over; call it once that is committed.

    ``stream`` is the runner's, which knows what viewers were not told.
    """
    (stream or _stream(job)).end(end_of(job))
    generation_ended.send(sender=GenerationJob, job_id=job.pk, batch_id=job.batch_id, status=job.status)


def announce_status(job_id: int) -> None:
    """Tell viewers where a job is that waits."""
    job = GenerationJob.objects.get(pk=job_id)
    not_before = job.not_before.isoformat() if job.not_before else None
    _stream(job).append({"type": "status", "status": job.status, "waits_for": job.waits_for, "not_before": not_before})


def snapshot_of(job: GenerationJob) -> Event:
    """Return what viewers should know of a job that no runner has, as its row says."""
    kept = job.state.get("partial") or job.state.get("sections") or []
    stage = {"type": "stage", "stage": job.stage, "section": job.section, "sections": job.sections, "title": ""}
    return {
        "type": "snapshot", "status": job.status, "sections": kept, "outline": job.state.get("titles", []),
        "stage": stage, "figures": {}, "notes": job.notes,
    }  # fmt: skip


def end_of(job: GenerationJob) -> Event:
    """Return what viewers of a job that is over hear last."""
    return {
        "type": "end", "status": job.status, "article_id": job.article_id, "error": job.error, "result": job.result,
    }  # fmt: skip


def _stream(job: GenerationJob) -> Stream:
    return Stream(job.pk, whole=partial(snapshot_of, job))


def _asked_before(owner: AbstractBaseUser, request_key: str) -> GenerationJob | None:
    return GenerationJob.objects.filter(owner_id=owner.pk, request_key=request_key).first()


def _run_beside(job_id: int, after_s: float) -> None:
    """Without a broker there is no worker either: a thread of this process does the work."""
    from articles.generation.runner import job_run  # which imports this module

    def work() -> None:
        try:
            job_run(job_id)
        finally:
            connections.close_all()

    thread = threading.Timer(after_s, work)
    thread.name, thread.daemon = f"{BESIDE}{job_id}", True
    thread.start()
