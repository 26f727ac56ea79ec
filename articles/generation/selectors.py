"""Generation jobs as they are read: one, many, where in the queue, and the one payload that every viewer gets."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from articles.enums import GenerationStatus, Priority
from articles.models import GenerationJob, ProviderCall
from articles.models.generation import OPEN_STATUSES

Account = AbstractBaseUser | AnonymousUser
MOST_LOOKED_AHEAD = 500
_LONG = ("state", "text", "result", "article__body")
_SAMPLE = 20
_FIRST_GUESS_S = 45.0


class Position(NamedTuple):
    """Where a job waits: ``place`` from 1 of ``of`` that are not over; ``estimate_s`` until it begins, if known."""

    place: int
    of: int
    estimate_s: float | None


class Page(NamedTuple):
    """Some jobs, newest first, and the id to ask for older ones with, None on the last page."""

    jobs: list[GenerationJob]
    older: int | None


def job_get(*, account: Account, job_id: int) -> GenerationJob:
    """Return a job of the account's, any for a superuser; raises DoesNotExist."""
    return _visible(account).select_related("owner", "article", "batch", "prompt_version__template").get(pk=job_id)


def job_is_visible(*, account: Account, job_id: int) -> bool:
    """Whether ``job_get`` would return it."""
    return _visible(account).filter(pk=job_id).exists()


def job_list(
    *,
    account: Account,
    limit: int,
    before: int | None = None,
    status: str = "",
    kind: str = "",
    batch: int | None = None,
) -> Page:
    """Return the account's jobs, everybody's for a superuser, without their texts."""
    found = _visible(account).select_related("owner", "article").defer(*_LONG).order_by("-pk")
    given = {"status": status, "kind": kind, "batch_id": batch, "pk__lt": before}
    rows = list(found.filter(**{name: value for name, value in given.items() if value})[: limit + 1])
    return Page(rows[:limit], rows[limit - 1].pk if len(rows) > limit else None)


def position_of(job: GenerationJob) -> Position | None:
    """Return where a job waits that nobody works on yet; None for any other."""
    if job.status != GenerationStatus.QUEUED:
        return None
    waiting = GenerationJob.objects.filter(status__in=OPEN_STATUSES)
    if job.priority == Priority.INTERACTIVE:
        waiting = waiting.filter(priority=Priority.INTERACTIVE)
    ids = list(waiting.order_by("priority", "pk").values_list("pk", flat=True)[:MOST_LOOKED_AHEAD])
    place = ids.index(job.pk) + 1 if job.pk in ids else len(ids) + 1
    return Position(place, max(len(ids), place), _estimate_s(job, place))


def calls_of(job: GenerationJob) -> QuerySet[ProviderCall]:
    """Return a job's calls in order."""
    return ProviderCall.objects.filter(job=job).order_by("number")


def totals_of(job: GenerationJob) -> dict[str, Any]:
    """Return how many calls a job took, their tokens, and what they cost, US$."""
    found = ProviderCall.objects.filter(job=job).aggregate(
        calls=Count("pk"), tokens_in=Sum("tokens_in"), tokens_out=Sum("tokens_out"), cost=Sum("cost")
    )
    return {name: value or 0 for name, value in found.items()}


def _estimate_s(job: GenerationJob, place: int) -> float | None:
    """Return about how long until a job begins: what the last ones of its kind took, over those that are worked on."""

    done = GenerationJob.objects.filter(
        kind=job.kind, status=GenerationStatus.SUCCEEDED, started_at__isnull=False
    ).order_by("-finished_at")
    took = sorted(
        (finished - started).total_seconds()
        for started, finished in done.values_list("started_at", "finished_at")[:_SAMPLE]
        if started and finished
    )
    typical_s = took[len(took) // 2] if took else _FIRST_GUESS_S
    at_once: int = settings.GENERATE_AT_ONCE
    waits_s = max(0, place - at_once) * typical_s / at_once
    if job.not_before is not None:
        waits_s = max(waits_s, (job.not_before - timezone.now()).total_seconds())
    return round(waits_s, 1)


def _visible(account: Account) -> QuerySet[GenerationJob]:
    if getattr(account, "is_superuser", False):
        return GenerationJob.objects.all()
    return GenerationJob.objects.filter(owner_id=account.pk)
