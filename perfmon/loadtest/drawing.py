"""A run's course as charts on one time axis: SVG paths and the words around them, drawn without a script; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from perfmon.loadtest.plans import OPEN
from perfmon.panels.drawing import HEIGHT, bar_paths, line_path, scale_top

MOST_TICKS = 6
_TICKS_S = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400)

Columns = dict[str, list[float | None]]


class Line(NamedTuple):
    """One line of a chart: its style's name, its column and its label."""

    style: str
    column: str
    label: Any


TIMES = (
    Line("latency", "latency_p95", gettext_lazy("latency")),
    Line("service", "service_p95", gettext_lazy("service")),
    Line("server", "server_p95", gettext_lazy("server")),
    Line("gap", "gap_p95", gettext_lazy("gap")),
)
RATE = (Line("latency", "rate", gettext_lazy("answers")), Line("target", "target", gettext_lazy("target")))
USERS = (
    Line("latency", "busy", gettext_lazy("waiting for an answer")),
    Line("target", "target", gettext_lazy("users")),
)
ERRORS = (Line("errors", "errors", gettext_lazy("errors")),)
CPU = (
    Line("server", "host_cpu_pct", gettext_lazy("machine, all cores")),
    Line("service", "generator_cpu_pct", gettext_lazy("generator, of one core")),
)


def draw_run(
    series: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]], model: str, warm_up_s: float
) -> dict[str, Any]:
    """Return the ``charts``, their common ``times`` and how far the warm-up reaches (``warm_up_pct``).

    ``series`` and ``verdicts`` are LoadRun's. A second of which nothing is known is a gap in every line.
    """
    step_s = series.get("step_s") or 1
    columns = columns_of(series)
    steps = max(map(len, columns.values()), default=0)
    is_open = model == OPEN
    charts = [
        _chart("times", _("Response times, p95"), "ms", TIMES, columns, _limits(verdicts, "p95")),
        _chart("rate", _("Throughput"), "/s", RATE if is_open else RATE[:1], columns, _limits(verdicts, "rate")),
        _chart("errors", _("Errors"), "/s", ERRORS, columns, bars=True),
        _chart("users", _("Users"), "", USERS[:1] if is_open else USERS, columns),
        _chart("cpu", _("Processors"), "%", CPU, columns, top=100.0),
    ]
    length_s = steps * step_s
    warm_up_pct = min(100.0, 100 * warm_up_s / length_s) if length_s else 0.0
    return {"charts": charts, "times": time_ticks(length_s), "warm_up_pct": f"{warm_up_pct:.2f}", "step_s": step_s}


def columns_of(series: Mapping[str, Any]) -> Columns:
    """Return the series' columns with one place for each step; None where nothing is known."""
    step_s, rows, names = series.get("step_s") or 1, series.get("rows", ()), series.get("columns", ())
    steps = max((int(row[0] // step_s) + 1 for row in rows), default=0)
    columns: Columns = {name: [None] * steps for name in names}
    for row in rows:
        for name, value in zip(names, row, strict=True):
            columns[name][int(row[0] // step_s)] = value
    return columns


def time_ticks(length_s: float) -> list[dict[str, str]]:
    """Return round times from the start with their places in percent of the axis."""
    step_s = next((step for step in _TICKS_S if length_s / step <= MOST_TICKS), _TICKS_S[-1])
    ticks = range(0, int(length_s) + 1, step_s) if length_s else ()
    return [
        {"at": f"{100 * at_s / length_s:.2f}", "text": clock(at_s), "anchor": _anchor(at_s / length_s)}
        for at_s in ticks
    ]


def clock(elapsed_s: float) -> str:
    """Return a time from the start as ``1:30`` or ``1:00:00``."""
    minutes, seconds = divmod(int(elapsed_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _anchor(share: float) -> str:
    return "start" if share < 0.02 else "end" if share > 0.97 else "middle"


def _chart(
    name: str, title: str, unit: str, lines: Sequence[Line], columns: Columns,
    limits: Sequence[tuple[float, str]] = (), *, bars: bool = False, top: float = 0.0,
) -> dict[str, Any]:  # fmt: skip
    values = [columns.get(line.column, []) for line in lines]
    if not top or any(value > top for column in values for value in column if value is not None):
        top = scale_top(values, [limit for limit, _label in limits], stacked=False)
    paths = [_bars(column, top) if bars else line_path(column, top) for column in values]
    drawn = [_drawn(*one, unit) for one in zip(lines, values, paths, strict=True)]
    return {
        "name": name, "title": title, "unit": unit, "bars": bars,
        "ticks": [short(top), short(top / 2), "0"],
        "lines": drawn,
        # the first line lies above all others but a target
        "drawn": sorted(drawn, key=lambda line: (line["style"] == "target", -drawn.index(line))),
        "limits": [{"y": f"{HEIGHT * (1 - limit / top):.1f}", "text": text} for limit, text in limits if limit <= top],
        "empty": all(value is None for column in values for value in column),
    }  # fmt: skip


def _bars(values: Sequence[float | None], top: float) -> str:
    """Return bars on a line that ends where nothing is known: no bar alone would look like none counted."""
    return bar_paths([values], top)[0] + line_path([None if value is None else 0.0 for value in values], top)


def _drawn(line: Line, values: Sequence[float | None], path: str, unit: str) -> dict[str, str]:
    """Return a line's path with its label and its largest value."""
    most = max((value for value in values if value is not None), default=None)
    space = "" if not unit or unit[0] in "%/" else "\N{NO-BREAK SPACE}"
    text = "" if most is None else f"{short(most)}{space}{unit}"
    return {"style": line.style, "label": str(line.label), "path": path, "most": text}


def _limits(verdicts: Sequence[Mapping[str, Any]], figure: str) -> list[tuple[float, str]]:
    return [(one["limit"], one["text"]) for one in verdicts if one["figure"] == figure and not one["action"]]


def short(value: float) -> str:
    """Return a number with as many decimals as three digits need, and none that are zero."""
    text = f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return number_format(text, force_grouping=True)
