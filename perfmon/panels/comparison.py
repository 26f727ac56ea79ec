"""Two load tests side by side, action by action: how much a figure changed, and how much of that chance explains."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.runs_compared import comparison
from perfmon.loadtest.wording import note_text
from perfmon.panels import formats
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.loadrows import run_of, url_of

WORDS = {
    "worse": gettext_lazy("worse"),
    "better": gettext_lazy("better"),
    "same": gettext_lazy("unchanged"),
    "unknown": gettext_lazy("not sure"),
}
FIGURES = {
    "rate": gettext_lazy("Throughput"),
    "errors": gettext_lazy("Errors"),
    "server": gettext_lazy("In the server"),
    "service": gettext_lazy("From sending"),
}
DOUBLED_PCT = 100
STATES = {"new": gettext_lazy("only in this one"), "gone": gettext_lazy("only in the other")}


class ComparisonPanel(Panel):
    """A run beside an earlier one; it informs, and fails nothing."""

    name = "load_comparison"
    pages = ("comparison",)
    template = "perfmon/panels/comparison.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return what ``shown`` makes of both runs' figures; ``known`` is false when one is gone. Reads SQL only."""
        numbers = [int(number) for number in query.key.split("/")]
        runs = LoadRun.objects.defer("rounds").in_bulk(numbers)
        if len(set(numbers)) != len(runs):
            return {"known": False}
        return shown(comparison(runs[numbers[0]], runs[numbers[1]]))


class GatePanel(Panel):
    """What the regression gate said of a run that was measured in rounds beside a baseline."""

    name = "load_gate"
    pages = ("loadtest",)
    template = "perfmon/panels/gate.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return what ``shown`` makes of the comparison in the run's row, if there is one; reads SQL only."""
        run = run_of(query.key)
        if run is None or run.compared_with_id is None:
            return {"known": False}
        kept = LoadRun.objects.values_list("rounds", flat=True).get(pk=run.pk).get("comparison")
        return {"known": False} if kept is None else shown(kept)


def shown(found: dict[str, Any]) -> dict[str, Any]:
    """Return a comparison (``perfmon.loadtest.comparisons``) as texts: a heading, both sides, a row for each action."""
    total = [found["total"] | {"name": _("All actions")}] if found["total"] else []
    rows = [_row(one) for one in (*total, *found["actions"])]
    return {
        "known": True,
        "verdict": found["verdict"],
        "heading": _heading(found),
        "notes": [note_text(note) for note in found["notes"]],
        "before": _side(found["before"]),
        "after": _side(found["after"]),
        "columns": [cell["label"] for cell in rows[0]["cells"]] if rows else [],
        "rows": rows,
        "tolerance": formats.target(formats.percent(found["tolerance_pct"])),
    }


def _heading(found: dict[str, Any]) -> str:
    both = [one for one in found["actions"] if one["state"] == "both"]
    worse = sum(one["verdict"] == "worse" for one in both)
    if not found["comparable"] or not both:
        return _("These two can't be compared.")
    if worse:
        text = ngettext(
            "%(worse)d of %(count)d action got worse.", "%(worse)d of %(count)d actions got worse.", len(both)
        )
        return text % {"worse": worse, "count": len(both)}
    return {
        "better": _("Nothing got worse, and some got better."),
        "same": _("Nothing changed."),
    }.get(found["verdict"], _("Nothing got worse for certain; what is not sure needs longer runs."))


def _side(side: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": f"{side['run']}: {side['name']}" if side["run"] else side["name"],
        "url": url_of("loadtest", side["run"]) if side["run"] else "",
        "release": side["release"],
        "at": side["at"] or "",
    }


def _row(one: dict[str, Any]) -> dict[str, Any]:
    state = one["state"]
    return {
        "name": one["name"],
        "verdict": one["verdict"] if state == "both" else state,
        "word": str(WORDS[one["verdict"]] if state == "both" else STATES[state]),
        "cells": [_cell(figure) for figure in one["figures"]],
    }


def _cell(figure: dict[str, Any]) -> dict[str, Any]:
    """Return one figure on both sides, its change, and the band in which the change is to be looked for."""
    points = figure["change_unit"] != "%"
    change, low, high = (_changed(figure[name], points=points) for name in ("change", "low", "high"))
    return {
        "label": str(FIGURES.get(figure["figure"], figure["figure"])),
        "before": _value(figure["before"], figure["unit"]),
        "after": _value(figure["after"], figure["unit"]),
        "change": _("%(change)s points") % {"change": change} if points and change else change,
        "band": _("%(low)s to %(high)s") % {"low": low, "high": high} if low else "",
        "verdict": figure["verdict"],
    }


def _value(value: float | None, unit: str) -> str:
    if unit == "ms":
        return formats.phrase(formats.duration(value))
    return formats.phrase(formats.percent(value) if unit == "%" else formats.rate(value))


def _changed(value: float | None, *, points: bool) -> str:
    """Return a change with its sign; what doubled and more is given as a factor."""
    if value is None:
        return ""
    if not points and value >= DOUBLED_PCT:
        return f"\N{MULTIPLICATION SIGN}{formats.localize(formats.digits(1 + value / 100))}"
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return f"{sign}{formats.localize(f'{abs(value):.3g}')}{'' if points else '%'}"
