"""A job as its page shows it: the parts that are painted first, and asked for again while it is worked on."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from articles.enums import CallOutcome, GenerationKind, GenerationStatus
from articles.models import GenerationJob
from articles.studio import generation_words as words

View = dict[str, Any]

#: Parts that a script asks for again; each is a template.
PARTS = ("actions", "outline", "notes", "calls", "rating", "write")
_GOOD = (CallOutcome.OK, CallOutcome.CUT)
_OURS = (CallOutcome.CANCELLED, CallOutcome.HANDED_OVER, CallOutcome.LOST)


class Offer(NamedTuple):
    """A button: what it does, its words, its look."""

    do: str
    label: str
    look: str = ""


def page_of(job: GenerationJob, view: View, account: Any) -> dict[str, Any]:
    """Return what the page says of the job, in the reader's words."""
    return {
        "said": _("Stopping") if is_stopping(job) else words.said(view),
        "speed": words.speed(view), "figures": words.figures(view),
        "error": words.error(view), "kept_words": words.kept(view, is_kept=job.article_id is not None),
        "notes": words.notes(view), "blank": words.blank(view), "outline": _outline(view), "sections": _sections(view),
        "calls": [_call(call) for call in view["calls"]], "bill": _bill(view), "retry_at": _retry_at(view),
        "offers": _offers(job, view), "may_act": job.owner_id == account.pk or account.is_superuser,
        "may_vary": job.kind == GenerationKind.ARTICLE and job.status == GenerationStatus.SUCCEEDED,
        "key": f"alternative-{job.pk}-{job.alternatives.count()}",
    }  # fmt: skip


def is_stopping(job: GenerationJob) -> bool:
    """Whether the job was asked to stop and its runner has not done so yet, which takes up to a second."""
    return job.is_open and job.cancel_requested_at is not None


def payload(request: HttpRequest, context: dict[str, Any], view: View, *, with_text: bool) -> dict[str, Any]:
    """Return what the page's script shows: the same parts that were painted first."""
    page = context["page"]
    told = {
        "status": view["status"], "is_open": view["is_open"], "said": page["said"], "figures": page["figures"],
        "blank": page["blank"],
        "parts": {name: render_to_string(f"studio/parts/generation_{name}.html", context, request) for name in PARTS},
    }  # fmt: skip
    if with_text:
        told["sections"] = page["sections"]
    return told


def _sections(view: View) -> list[View]:
    """Return the sections that have words, or are about to, with their HTML."""
    now = view["stage"].get("section", 0) if view["is_open"] else 0
    return [
        {
            "number": part["number"], "title": part["title"], "is_now": part["number"] == now,
            "html": mark_safe(part["html"]),  # noqa: S308 - sanitised
        }
        for part in view["sections"]
        if part["text"] or part["number"] == now
    ]  # fmt: skip


def _outline(view: View) -> list[View]:
    now = view["stage"].get("section", 0) if view["is_open"] else 0
    written = {part["number"] for part in view["sections"] if part["text"]}
    return [
        {"number": number, "title": title, "state": "now" if number == now else "done" if number in written else "next"}
        for number, title in enumerate(view["outline"], 1)
    ]


def _offers(job: GenerationJob, view: View) -> list[Offer]:
    """Return what can be done with the job now."""
    if view["is_open"]:
        return [] if is_stopping(job) else [Offer("stop", _("Stop"), "danger")]
    if job.status == GenerationStatus.SUCCEEDED or job.article_id is not None:
        return []
    if job.kind != GenerationKind.ARTICLE or not view["words"]:
        return [Offer("retry", _("Try again"), "primary")]
    return [
        Offer("keep", _("Keep it as a draft"), "primary"), Offer("retry", _("Go on writing")),
        Offer("discard", _("Discard"), "danger"),
    ]  # fmt: skip


def _call(call: View) -> View:
    parts = [call["endpoint"]]
    if call["tokens_in"] or call["tokens_out"]:
        about = "≈ " if call["is_estimate"] else ""
        parts.append(_("%(tokens)s tokens") % {"tokens": f"{about}{number_format(_tokens(call), force_grouping=True)}"})
    if call["cost"] is not None:
        parts.append(money(Decimal(call["cost"])))
    if call["duration_ms"] is not None:
        parts.append(_("%s s") % number_format(call["duration_ms"] / 1000, 1))
    outcome = call["outcome"]
    is_open = outcome == CallOutcome.OPEN
    look = "good" if outcome in _GOOD else "open" if is_open else "bad"
    return {
        "outcome": _("Answering") if is_open else CallOutcome(outcome).label, "purpose": words.purpose(call),
        "figures": " · ".join(parts),
        "error": call["error"], "look": "ours" if outcome in _OURS else look,
    }  # fmt: skip


def _tokens(call: View) -> int:
    tokens: int = call["tokens_in"] + call["tokens_out"]
    return tokens


def _bill(view: View) -> str:
    number = view["tokens_in"] + view["tokens_out"]
    tokens = ngettext("%(tokens)s token", "%(tokens)s tokens", number)
    return f"{tokens % {'tokens': number_format(number, force_grouping=True)}} · {money(Decimal(view['cost']))}"


def money(cost: Decimal) -> str:
    """Return a sum as the page writes it: none, or US$ with as many places as it needs."""
    if not cost:
        return _("no cost")
    return _("US$ %s") % number_format(cost, 2 if cost >= 1 else 6)


def _retry_at(view: View) -> Any:
    return parse_datetime(view["not_before"]) if view["not_before"] else None
