"""Charts as SVG paths and table rows: what the page shows before the browser's chart library, and without it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, log10
from typing import Any

WIDTH, HEIGHT = 1000, 200
TABLE_ROWS = 60
REACH = 4  # a target further away than this many times the data is named at the edge instead of squeezing the data
_STEPS = (1.0, 1.2, 1.6, 2.0, 2.4, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)

Values = Sequence[float | None]


def scale_top(series: Iterable[Values], targets: Sequence[float], *, stacked: bool) -> float:
    """Return the top of a chart that starts at zero: round, above the data and the targets within reach."""
    columns = list(zip(*series, strict=True)) if stacked else [tuple(values) for values in series]
    combine = sum if stacked else max
    largest = max((combine([value or 0.0 for value in column]) for column in columns if column), default=0.0)
    if not largest:
        return round_up(min(targets, default=0.8) * 1.2)
    return round_up(max([largest, *(value for value in targets if value <= REACH * largest)]) * 1.04)


def round_up(value: float) -> float:
    """Return the next round number, one whose half is round too."""
    if value <= 0:
        return 1.0
    power = 10.0 ** floor(log10(value))
    return next(step * power for step in _STEPS if step * power >= value * 0.999999)


def line_path(values: Values, top: float, width: float = WIDTH, height: float = HEIGHT) -> str:
    """Return the SVG path of a line through each step's middle; a gap ends it, a lone point becomes a dash."""
    slot = width / max(1, len(values))
    parts: list[str] = []
    for at, value in enumerate(values):
        if value is None:
            continue
        x, y = (at + 0.5) * slot, height * (1 - min(1.0, value / top))
        begins = at == 0 or values[at - 1] is None
        parts.append(f"{'M' if begins else 'L'}{x:.1f} {y:.1f}")
        if begins and (at + 1 == len(values) or values[at + 1] is None):
            parts.append(f"h{max(1.0, slot / 3):.1f}")
    return "".join(parts)


def bar_paths(columns: Sequence[Values], top: float) -> list[str]:
    """Return one SVG path of stacked bars for each series."""
    steps = len(columns[0]) if columns else 0
    slot = WIDTH / max(1, steps)
    base, paths = [0.0] * steps, []
    for values in columns:
        parts = []
        for at, value in enumerate(values):
            if value:
                tall = HEIGHT * min(1.0, value / top)
                y = HEIGHT - base[at] - tall
                parts.append(f"M{at * slot + slot * 0.1:.1f} {y:.1f}h{slot * 0.8:.1f}v{tall:.1f}h{-slot * 0.8:.1f}z")
                base[at] += tall
        paths.append("".join(parts))
    return paths


def draw(chart: dict[str, Any], start: int, step_s: int) -> dict[str, Any]:
    """Return a chart's ``paths``, ``lines`` of its targets and the newest ``rows`` of its table, times in Unix s."""
    top, columns = chart["top"], [series["values"] for series in chart["series"]]
    bars = chart["form"] == "bars"
    paths = bar_paths(columns, top) if bars else [line_path(values, top) for values in columns]
    steps = len(columns[0]) if columns else 0
    rows = [(start + at * step_s, [values[at] for values in columns]) for at in range(steps)]
    return {
        "bars": bars,
        "paths": [(series["color"], path) for series, path in zip(chart["series"], paths, strict=True)],
        "lines": [HEIGHT * (1 - line["value"] / top) for line in chart["targets"] if line["value"] <= top],
        "ticks": [top, top / 2, 0],
        "from": start,
        "to": start + steps * step_s,
        "rows": rows[: -TABLE_ROWS - 1 : -1],
        "empty": all(value is None for values in columns for value in values),
    }
