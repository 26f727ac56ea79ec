"""The tables of a run's report: its actions, the steps to its break point, a comparison, its course; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from perfmon.loadtest.drawing import clock
from perfmon.loadtest.figures import GAP, LATENCY, QUEUE, SERVER, SERVICE
from perfmon.loadtest.reasons import reason_text
from perfmon.loadtest.wording import note_text
from perfmon.panels.formats import NOTHING

#: What is measured of each request, in the order of the tables, with what it means.
MEASURES = (
    (LATENCY, gettext_lazy("latency"), gettext_lazy("from the moment the request was due to the end of its answer")),
    (SERVICE, gettext_lazy("service"), gettext_lazy("from its sending to the end of its answer")),
    (SERVER, gettext_lazy("server"), gettext_lazy("what the server measured itself, told in Server-Timing")),
    (QUEUE, gettext_lazy("queue"), gettext_lazy("its wait in the server for a free thread, told there too")),
    (GAP, gettext_lazy("gap"), gettext_lazy("what neither explains: network, accept queue, the generator itself")),
)
TIMES = ("p50", "p95", "p99", "mean", "max")
_WHY = {
    "backlog": gettext_lazy("fell behind"),
    "p95": gettext_lazy("too slow"),
    "errors": gettext_lazy("too many errors"),
}
_VERDICTS = {
    "worse": gettext_lazy("worse"),
    "better": gettext_lazy("better"),
    "same": gettext_lazy("the same"),
    "unknown": gettext_lazy("unclear"),
}
#: Of a comparison; percentiles are called as they are.
_FIGURES = {
    "server": gettext_lazy("server"),
    "service": gettext_lazy("service"),
    "rate": gettext_lazy("throughput"),
    "errors": gettext_lazy("errors"),
}
#: Of the run's course.
_COLUMNS = {
    "at_s": pgettext_lazy("from the start", "Time"),
    "target": gettext_lazy("Target"),
    "busy": gettext_lazy("Waiting users"),
    "rate": gettext_lazy("Answers, /s"),
    "errors": gettext_lazy("Errors, /s"),
    "latency_p50": gettext_lazy("Latency p50, ms"),
    "latency_p95": gettext_lazy("Latency p95, ms"),
    "latency_p99": gettext_lazy("Latency p99, ms"),
    "service_p95": gettext_lazy("Service p95, ms"),
    "queue_p95": gettext_lazy("Queue p95, ms"),
    "server_p95": gettext_lazy("Server p95, ms"),
    "gap_p95": gettext_lazy("Gap p95, ms"),
    "host_cpu_pct": gettext_lazy("Machine, %"),
    "generator_cpu_pct": gettext_lazy("Generator, %"),
}


def action_of(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return one line of ``summary`` as texts; ``kinds`` are the rows of its table of times in ms."""
    client, server = line["client_count"], line["server_count"]
    return {
        "name": line["name"],
        "count": whole(line["count"]),
        "errors": whole(line["errors"]),
        "error_pct": fixed(line["error_pct"], 2),
        "has_errors": bool(line["errors"]),
        "rate": fixed(line["rate"], 2),
        "client": whole(client),
        "server": whole(server),
        "differs": server is not None and server < client,
        "failures": [(reason_text(reason), whole(count)) for reason, count in line["failures"].items()],
        "times": [fixed(line[LATENCY][name], 2) for name in TIMES],
        "kinds": [(label, [fixed(line[kind][name], 2) for name in TIMES]) for kind, label, _about in MEASURES],
    }


def knee_of(knee: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the break point with the steps that led to it, as texts; None when none was looked for."""
    if not knee:
        return None
    values = {name: fixed(knee.get(name), 1) for name in ("rate", "broke_at", "delivered", "recovery_s")}
    return {
        "words": list(_knee_words(knee, values)),
        "steps": [
            {
                "rate": fixed(step["rate"], 1),
                "delivered": fixed(step["delivered"], 1),
                "p95": fixed(step["p95_ms"], 2),
                "error_pct": fixed(step["error_pct"], 2),
                "held": step["held"],
                "why": "" if step["held"] else str(_WHY.get(step["why"], step["why"])),
            }
            for step in knee.get("steps", ())
        ],
    }


def _knee_words(knee: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    why = str(_WHY.get(knee.get("why", ""), knee.get("why", "")))
    if knee["rate"] and knee.get("broke_at") is not None:
        yield _("It held at %(rate)s arrivals a second and broke at %(broke_at)s (%(why)s).") % {**values, "why": why}
    elif knee["rate"]:
        yield _("It held at %(rate)s arrivals a second, the most that was asked for: its limit was not found.") % values
    else:
        yield _("No rate held that was tried.")
    yield _("At most %(delivered)s answers a second came without an error.") % values
    if knee.get("recovery_s") is not None:
        yield _("After the first step that broke, latency was back to normal in %(recovery_s)s s.") % values
    elif knee.get("broke_at") is not None:
        yield _("After the first step that broke, latency did not come back while the run watched.")


def comparison_of(kept: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return a comparison (``perfmon.loadtest.comparisons``) as texts; None when there is none."""
    if not kept:
        return None
    every = [*([kept["total"]] if kept.get("total") else []), *kept["actions"]]
    return {
        "verdict": kept["verdict"],
        "word": str(_VERDICTS.get(kept["verdict"], kept["verdict"])),
        "failed": kept["failed"],
        "tolerance": fixed(kept["tolerance_pct"], 0),
        "before": _side(kept["before"]),
        "after": _side(kept["after"]),
        "notes": [note_text(note) for note in kept["notes"]],
        "rows": [_compared(one["name"], figure) for one in every for figure in one["figures"]],
        "new": [one["name"] for one in kept["actions"] if one["state"] == "new"],
        "gone": [one["name"] for one in kept["actions"] if one["state"] == "gone"],
    }


def _side(side: Mapping[str, Any]) -> str:
    number = _("load test %(number)s") % {"number": side["run"]} if side.get("run") else ""
    at = f"{datetime.fromisoformat(side['at']):%Y-%m-%d %H:%M} UTC" if side.get("at") else ""
    return " · ".join(filter(None, (side.get("name"), number, side.get("release"), at)))


def _compared(name: str, figure: Mapping[str, Any]) -> dict[str, Any]:
    unit = "%" if figure["change_unit"] == "%" else _("points")
    known = figure["change"] is not None
    return {
        "name": name,
        "figure": str(_FIGURES.get(figure["figure"], figure["figure"])),
        "unit": figure["unit"],
        "before": fixed(figure["before"], 2),
        "after": fixed(figure["after"], 2),
        "change": f"{_signed(figure['change'])} {unit}" if known else NOTHING,
        "band": f"{_signed(figure['low'])} … {_signed(figure['high'])}" if figure["low"] is not None else NOTHING,
        "verdict": figure["verdict"],
        "word": str(_VERDICTS.get(figure["verdict"], figure["verdict"])),
    }


def measurements_of(series: Mapping[str, Any]) -> dict[str, Any]:
    """Return the run's course as a table: a time from the start, and every column."""
    rows = [[clock(row[0]), *(fixed(value, 1) for value in row[1:])] for row in series.get("rows", ())]
    return {"columns": [_COLUMNS.get(name, name) for name in series.get("columns", ())], "rows": rows}


def fixed(value: float | None, places: int) -> str:
    """Return a number with that many decimals, so that a column's digits stand below one another."""
    if value is None:
        return NOTHING
    # Django's own cuts digits off instead of rounding
    return number_format(f"{value:.{places}f}", decimal_pos=places, force_grouping=True)


def whole(value: int | None) -> str:
    """Return a count."""
    return fixed(value, 0)


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{fixed(abs(value), 1)}"
