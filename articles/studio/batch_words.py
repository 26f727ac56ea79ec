"""What the pages of batches say: where one is, what became of a row, what can be done."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.enums import BatchStatus, GenerationStatus
from articles.generation.batch_selectors import Progress
from articles.generation.wording import error_words, wait_words
from articles.models import GenerationBatch, GenerationJob

_FILTERS = {
    "all": gettext_lazy("All"),
    "open": gettext_lazy("To be written"),
    "succeeded": gettext_lazy("Written"),
    "failed": gettext_lazy("Failed"),
    "cancelled": gettext_lazy("Stopped"),
}
_STEPS = {
    "pause": gettext_lazy("Pause"),
    "resume": gettext_lazy("Go on"),
    "retry": gettext_lazy("Try failed rows again"),
    "cancel": gettext_lazy("Cancel"),
}
_MINUTE_S, _HOUR_S = 60, 3600


class Filter(NamedTuple):
    """What a list of rows may be narrowed to, and how many there are."""

    name: str
    label: str
    number: int


def said(batch: GenerationBatch, progress: Progress) -> str:
    """Return in a sentence where the batch is."""
    told = {"done": _figure(progress.done), "total": _figure(progress.total), "percent": progress.percent}
    told |= {"good": _figure(progress.succeeded), "work": progress.at_work}
    if batch.status == BatchStatus.CANCELLED and progress.done < progress.total:
        return _("Stopping: %(done)s of %(total)s over") % told
    if batch.status == BatchStatus.CANCELLED:
        return _("Cancelled with %(good)s of %(total)s written") % told
    if batch.status == BatchStatus.PAUSED and progress.at_work:
        words = ngettext(
            "%(done)s of %(total)s · the one at work is still finished",
            "%(done)s of %(total)s · the %(work)d at work are still finished",
            progress.at_work,
        )
        return words % told
    if progress.done == progress.total:
        return _("%(good)s of %(total)s written") % told
    return _("%(done)s of %(total)s · %(percent)d %%") % told


def counts(progress: Progress) -> dict[str, str]:
    """Return the figures of each kind."""
    names = ("queued", "at_work", "succeeded", "failed", "cancelled")
    return {name: _figure(getattr(progress, name)) for name in names}


def steps(batch: GenerationBatch, progress: Progress) -> list[tuple[str, str]]:
    """Return what can be done with the batch now: each step's name and its words."""
    is_over = batch.finished_at is not None
    possible = {
        "pause": batch.status == BatchStatus.RUNNING,
        "resume": batch.status == BatchStatus.PAUSED and not is_over,
        "retry": progress.failed and batch.status != BatchStatus.CANCELLED,
        "cancel": batch.status in (BatchStatus.RUNNING, BatchStatus.PAUSED) and not is_over,
    }
    return [(name, str(_STEPS[name])) for name, is_possible in possible.items() if is_possible]


def filters(progress: Progress) -> list[Filter]:
    """Return the lists of rows there are; those of no row are left out."""
    numbers = {
        "all": progress.total, "open": progress.queued + progress.at_work, "succeeded": progress.succeeded,
        "failed": progress.failed, "cancelled": progress.cancelled,
    }  # fmt: skip
    return [Filter(name, str(_FILTERS[name]), number) for name, number in numbers.items() if number]


def row_said(job: GenerationJob) -> str:
    """Return what there is to say of a row beside its status: why it failed or waits, or how far it is."""
    if job.status == GenerationStatus.FAILED:
        return error_words(job.error)
    if job.status == GenerationStatus.QUEUED and job.waits_for:
        return wait_words(job.waits_for)
    if job.status == GenerationStatus.STREAMING and job.sections:
        told = {"section": job.section, "sections": job.sections}
        return _("Section %(section)d of %(sections)d") % told
    return ""


def about(time_s: float | None) -> str:
    """Return a length of time to be expected, no more exact than it is known; nothing when it is not."""
    if time_s is None:
        return ""
    if time_s < _MINUTE_S:
        return _("less than a minute")
    if time_s < 2 * _HOUR_S:
        minutes = round(time_s / _MINUTE_S)
        return ngettext("about %d minute", "about %d minutes", minutes) % minutes
    hours = round(time_s / _HOUR_S)
    return ngettext("about %d hour", "about %d hours", hours) % hours


def money(estimate: Any) -> str:
    """Return what a batch would cost."""
    if estimate.is_free:
        return _("nothing")
    least, most = (f"{cost:.2f}" if cost >= 1 else f"{cost:.4f}" for cost in (estimate.least, estimate.most))
    if least == most:
        return _("about US$ %(cost)s") % {"cost": most}
    return _("US$ %(least)s to %(most)s, by the model") % {"least": least, "most": most}


def _figure(number: int) -> str:
    return str(number_format(number, force_grouping=True))
