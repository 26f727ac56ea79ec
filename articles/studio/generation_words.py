"""What a job's page says: where the job is, what it waits for, what went wrong, what was kept and what to do."""

from __future__ import annotations

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from articles.enums import GenerationKind, GenerationStatus
from articles.generation.wording import error_words, note_words, wait_words

View = dict[str, Any]

_PRECISE_BELOW_MS = 10_000
_STAGES = {
    "outline": gettext_lazy("Making the outline"),
    "section": gettext_lazy("Writing"),
    "suggestions": gettext_lazy("Proposing a title, an excerpt and tags"),
}
_PURPOSES = {
    "outline": gettext_lazy("outline"),
    "section": gettext_lazy("section"),
    "suggestions": gettext_lazy("title, excerpt, tags"),
    "edit": gettext_lazy("passage"),
    "test": gettext_lazy("test"),
}


def said(view: View) -> str:
    """Return in a sentence where the job is."""
    status = view["status"]
    if status == GenerationStatus.QUEUED:
        return _waiting(view)
    if status in (GenerationStatus.RUNNING, GenerationStatus.STREAMING):
        return _working(view["stage"])
    if _is_discarded(view):
        return _("Discarded")
    if status == GenerationStatus.SUCCEEDED:
        return _finished(view)
    words = _("Stopped") if status == GenerationStatus.CANCELLED else _("Not finished")
    return f"{words} · {_words(view['words'])}" if view["words"] else words


def speed(view: View) -> str:
    """Return how fast it is written; nothing for what is over."""
    per_s = view["figures"].get("tokens_per_s") if view["is_open"] else None
    return _("%s tokens/s") % round(per_s) if per_s else ""


def figures(view: View) -> str:
    """Return how soon it began, how long it took, and which model writes."""
    parts = []
    if view["first_words_ms"] is not None:
        parts.append(_("First words after %s s") % _seconds(view["first_words_ms"]))
    if not view["is_open"] and view["elapsed_ms"]:
        parts.append(_("%s s in all") % _seconds(view["elapsed_ms"]))
    if view["model"]:
        parts.append(view["model"])
    return " · ".join(parts)


def error(view: View) -> str:
    """Return why the job failed and what to do; nothing for one that did not."""
    return error_words(view["error"])


def kept(view: View, *, is_kept: bool) -> str:
    """Return what became of the words of a job that ended early."""
    if view["status"] not in (GenerationStatus.CANCELLED, GenerationStatus.FAILED):
        return ""
    if _is_discarded(view):
        return _("What was written was thrown away. What it cost stays in the ledger.")
    if is_kept:
        return _("What was written is kept as a draft.")
    if not view["words"]:
        return _("Nothing was written yet, so there is nothing to keep.")
    if view["kind"] == GenerationKind.ARTICLE:
        return _("What was written is kept here: as a draft if you say so, and to go on from.")
    return _("What was written is kept here, to go on from.")


def notes(view: View) -> list[str]:
    """Return what the editor should know of how it was written."""
    return [note_words(note) for note in view["notes"]]


def purpose(call: View) -> str:
    """Return what a call of a model was for."""
    words = str(_PURPOSES.get(call["purpose"], call["purpose"]))
    return f"{words} {call['section']}" if call["section"] else words


def blank(view: View) -> str:
    """Return what stands where the text will be."""
    if view["is_open"]:
        return _("The text appears here as it is written.")
    return _("There is no text.")


def scripts() -> dict[str, str]:
    """Return the sentences of the page's scripts; ``%s`` stands for what they know."""
    return {
        "speed": _("%s tokens/s"),
        "again": _("Asking again in %s s"),
        "asking": _("Asking again"),
        "moved": _("Now in place %s"),
        "removed": _("Removed"),
        "polling": _("Live updates don’t get through here; the page asks once a second instead."),
    }


def _is_discarded(view: View) -> bool:
    return bool(view["result"].get("discarded")) and not view["words"]


def _waiting(view: View) -> str:
    if view["waits_for"]:
        return wait_words(view["waits_for"])
    position = view["position"]
    if position is None or position["place"] <= 1:
        return _("Waiting for a worker")
    if position["estimate_s"]:
        told = {"place": position["place"], "about": round(position["estimate_s"])}
        return _("Waiting, number %(place)d in the queue, about %(about)s s") % told
    return _("Waiting, number %(place)d in the queue") % {"place": position["place"]}


def _working(stage: View) -> str:
    if stage["stage"] == "section" and stage["sections"] > 1:
        return _("Writing section %(section)d of %(sections)d") % stage
    return str(_STAGES.get(stage["stage"], _("Asking the model")))


def _finished(view: View) -> str:
    if view["kind"] == GenerationKind.OUTLINE:
        number = len(view["outline"])
        return ngettext("Outline of %d section", "Outline of %d sections", number) % number
    return _("Finished · %s") % _words(view["words"])


def _words(number: int) -> str:
    return ngettext("%d word", "%d words", number) % number


def _seconds(ms: int) -> str:
    return str(number_format(ms / 1000, 1 if ms < _PRECISE_BELOW_MS else 0))
