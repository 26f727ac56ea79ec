"""Two stored runs side by side: the figures of each action, with the band that chance explains.

It informs; it doesn't fail a build, for two runs lie minutes or months apart and only the drift within each is known.
The gate is ``perfmon.loadtest.compare``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from perfmon.loadtest.comparisons import (
    BOTH,
    GONE,
    NEW,
    TOLERANCE_PCT,
    Compared,
    Comparison,
    Figure,
    Side,
    judged,
    worst,
)
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.noise import FLOOR, drift, relative_error
from perfmon.trends import Verdict

PERCENTILES = ("p50", "p95", "p99")
#: Fewer requests than this of an action say nothing of its percentiles.
LEAST_REQUESTS = 20
#: Of errors: what share more of them is worse, in points.
ERROR_TOLERANCE_POINTS = 0.5
SURE = 1.96

Line = Mapping[str, Any]
Pair = tuple[float | None, float | None]


def comparison(run: LoadRun, baseline: LoadRun) -> dict[str, Any]:
    """Compare two runs' figures; the shape is ``comparisons.Comparison.to_json``, ``baseline`` is its "before"."""
    before, after = (_lines(one) for one in (baseline, run))
    pace = {name: _pace(run, baseline, name) for name in PERCENTILES}
    names = list(dict.fromkeys([*after, *before]))
    actions = tuple(_compared(name, before.get(name), after.get(name), pace) for name in names)
    total = _compared("", baseline.summary.get("total"), run.summary.get("total"), pace)
    return Comparison(
        "runs", _side(baseline), _side(run), actions, total, notes=_notes(run, baseline, actions)
    ).to_json()


def _lines(run: LoadRun) -> dict[str, Line]:
    return {line["name"]: line for line in run.summary.get("actions", [])}


def _side(run: LoadRun) -> Side:
    at = run.started_at or run.created_at
    name = run.baseline or run.profile_name
    return Side(run.pk, name, run.release, run.machine.get("id", ""), at.isoformat() if at else None)


def _pace(run: LoadRun, baseline: LoadRun, figure: str) -> float:
    """What the machine's drift in both runs makes of a percentile."""
    return math.hypot(drift(run.series, f"latency_{figure}"), drift(baseline.series, f"latency_{figure}"))


def _compared(name: str, before: Line | None, after: Line | None, pace: Mapping[str, float]) -> Compared:
    state = BOTH if before and after else NEW if after else GONE
    old, new = before or {}, after or {}
    figures = [*(_percentile(one, old, new, pace[one]) for one in PERCENTILES), _rate(old, new), _errors(old, new)]
    verdict = worst([one.verdict for one in figures]) if state == BOTH else Verdict.UNKNOWN
    return Compared(name, state, verdict, tuple(figures))


def _percentile(figure: str, before: Line, after: Line, pace: float) -> Figure:
    times = [one.get("latency") or {} for one in (before, after)]
    values: Pair = (times[0].get(figure), times[1].get(figure))
    counts = [one.get("count") or 0 for one in (before, after)]
    errors = [relative_error(of, figure, count) for of, count in zip(times, counts, strict=True)]
    if errors[0] is None or errors[1] is None or min(counts) < LEAST_REQUESTS:
        return Figure(figure, "ms", *values)
    return _ratio(figure, "ms", (times[0][figure], times[1][figure]), SURE * math.hypot(errors[0], errors[1], pace))


def _rate(before: Line, after: Line) -> Figure:
    values: Pair = (before.get("rate"), after.get("rate"))
    counts = [one.get("count") or 0 for one in (before, after)]
    if not values[0] or not values[1] or not all(counts):
        return Figure("rate", "/s", *values)
    chance = math.hypot(1 / math.sqrt(counts[0]), 1 / math.sqrt(counts[1]), FLOOR)
    return _ratio("rate", "/s", (values[0], values[1]), SURE * chance, higher_is_better=True)


def _ratio(
    figure: str, unit: str, values: tuple[float, float], band: float, *, higher_is_better: bool = False
) -> Figure:
    """``band`` is half of the confidence interval of the ratio's logarithm."""
    middle = math.log(values[1] / values[0])
    change, low, high = (round(100 * math.expm1(at), 2) for at in (middle, middle - band, middle + band))
    verdict = judged(change, low, high, tolerance=TOLERANCE_PCT, higher_is_better=higher_is_better)
    return Figure(figure, unit, *values, change, low, high, "%", verdict)


def _errors(before: Line, after: Line) -> Figure:
    shares: Pair = (before.get("error_pct"), after.get("error_pct"))
    if shares[0] is None or shares[1] is None:
        return Figure("errors", "%", *shares, change_unit="points")
    counts = [max(1, one.get("count") or 0) for one in (before, after)]
    # one error more on each side: none of ten seen is not none at all (Agresti and Caffo)
    eased = [(share * n / 100 + 1) / (n + 2) for share, n in ((shares[0], counts[0]), (shares[1], counts[1]))]
    chance = math.hypot(*(math.sqrt(p * (1 - p) / (n + 2)) for p, n in zip(eased, counts, strict=True)))
    change, middle = shares[1] - shares[0], 100 * (eased[1] - eased[0])
    low, high = (round(middle + sign * 100 * SURE * chance, 3) for sign in (-1, 1))
    verdict = judged(change, low, high, tolerance=ERROR_TOLERANCE_POINTS)
    band = round(min(low, change), 3), round(max(high, change), 3)
    return Figure("errors", "%", *shares, round(change, 3), *band, "points", verdict)


def _notes(run: LoadRun, baseline: LoadRun, actions: tuple[Compared, ...]) -> tuple[dict[str, Any], ...]:
    notes: list[dict[str, Any]] = []
    if run.machine.get("id") != baseline.machine.get("id"):
        notes.append({"code": "other_machine", "before": baseline.machine.get("cpu"), "after": run.machine.get("cpu")})
    if _asked(run) != _asked(baseline):
        notes.append({"code": "other_profile", "before": baseline.profile_name, "after": run.profile_name})
    notes += [{"code": f"route_{one.state}", "name": one.name} for one in actions if one.state != BOTH]
    return tuple(notes)


def _asked(run: LoadRun) -> dict[str, Any]:
    """What decides the figures of a run: all of its profile but words and thresholds."""
    return {name: value for name, value in run.profile.items() if name not in {"about", "thresholds"}}
