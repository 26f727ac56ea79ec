"""What is read of batches: which there are, how far one is, what became of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count

from articles.access import Account
from articles.enums import GenerationStatus
from articles.models import Category, GenerationBatch, GenerationJob
from articles.models.generation import HELD_STATUSES, OPEN_STATUSES


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a batch's jobs are where; all counted at one moment."""

    queued: int = 0
    at_work: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        """All rows that a job was made for."""
        return self.queued + self.at_work + self.done

    @property
    def done(self) -> int:
        """Those that are over, however."""
        return self.succeeded + self.failed + self.cancelled

    @property
    def percent(self) -> int:
        """How much of the whole is over."""
        return 100 * self.done // max(self.total, 1)


@dataclass(frozen=True, slots=True)
class BatchPage:
    """Batches, newest first, each with its progress; and the id to ask for older ones before, None at the end."""

    batches: list[tuple[GenerationBatch, Progress]]
    older: int | None


@dataclass(frozen=True, slots=True)
class RowPage:
    """Jobs of a batch in the order of their rows, and the row to ask for more after, None at the end."""

    jobs: list[GenerationJob]
    onward: int | None


def batch_get(*, account: Account, batch_id: int) -> GenerationBatch:
    """Return a batch that the account may see: its own, any for a superuser; raises GenerationBatch.DoesNotExist."""
    batches = GenerationBatch.objects.select_related("owner", "category")
    if not getattr(account, "is_superuser", False):
        batches = batches.filter(owner_id=account.pk)
    return batches.get(pk=batch_id)


def batch_list(*, account: Account, limit: int, before: int | None = None) -> BatchPage:
    """Return a page of the account's own batches, in two queries."""
    batches = GenerationBatch.objects.filter(owner_id=account.pk).defer("refused", "parameters").order_by("-id")
    if before is not None:
        batches = batches.filter(pk__lt=before)
    found = list(batches[: limit + 1])
    counted = _counted(batch.pk for batch in found[:limit])
    rows = [(batch, counted[batch.pk]) for batch in found[:limit]]
    return BatchPage(rows, older=found[limit - 1].pk if len(found) > limit else None)


def batch_progress(batch_id: int) -> Progress:
    """Count a batch's jobs, in one query."""
    return _counted([batch_id])[batch_id]


def batch_rows(*, batch_id: int, limit: int, after: int = 0, statuses: Iterable[str] = ()) -> RowPage:
    """Return a page of a batch's jobs, without what they wrote; ``statuses`` keeps those that are in one of them."""
    jobs = GenerationJob.objects.filter(batch_id=batch_id, row__gt=after).select_related("article").order_by("row")
    jobs = jobs.only(
        "row", "kind", "status", "parameters", "error", "waits_for", "section", "sections", "article__title"
    )
    if wanted := list(statuses):
        jobs = jobs.filter(status__in=wanted)
    found = list(jobs[: limit + 1])
    return RowPage(found[:limit], onward=found[limit - 1].row if len(found) > limit else None)


def batch_article_ids(batch_id: int) -> list[int]:
    """Return the articles that a batch made and that are still there, in the order of their rows."""
    made = GenerationJob.objects.filter(
        batch_id=batch_id, status=GenerationStatus.SUCCEEDED, article__isnull=False
    ).order_by("row")
    return list(made.values_list("article_id", flat=True))


def categories_by_name() -> dict[str, int]:
    """Return the id of each category by its slug, and by its name in small letters where that is no other's slug."""
    rows = list(Category.objects.values_list("pk", "slug", "name"))
    named = {name.casefold(): pk for pk, _slug, name in rows}
    return named | {slug: pk for pk, slug, _name in rows}


def _counted(ids: Iterable[int]) -> dict[int, Progress]:
    wanted = list(ids)
    counts: dict[int, dict[str, int]] = {pk: {} for pk in wanted}
    rows = GenerationJob.objects.filter(batch_id__in=wanted).order_by().values_list("batch_id", "status")
    for batch_id, status, number in rows.annotate(number=Count("pk")):
        name = "at_work" if status in HELD_STATUSES else str(status)
        counts[batch_id][name] = counts[batch_id].get(name, 0) + number
    return {pk: Progress(**found) for pk, found in counts.items()}


#: What a list of rows may be narrowed to.
FILTERS: dict[str, tuple[str, ...]] = {
    "all": (),
    "open": OPEN_STATUSES,
    "succeeded": (GenerationStatus.SUCCEEDED,),
    "failed": (GenerationStatus.FAILED,),
    "cancelled": (GenerationStatus.CANCELLED,),
}
