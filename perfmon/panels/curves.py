"""The course of a load test in steps of a chart: from the store while it runs, from its row afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.loadtest.estimates import longest_s
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.profiles import Profile
from perfmon.panels import readings
from perfmon.panels.loadrows import is_open
from perfmon.series import TOTAL_KEY, Window
from perfmon.store.ranges import SECOND, SECOND_KEEP_S, TEN, Range
from perfmon.store.selectors import Point, fine_timeline

STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
LATENCIES = ("latency", "service", "server", "gap")
COLUMNS = (*(f"{kind}_p95" for kind in LATENCIES), "rate", "target", "error_pct", "busy", "host_cpu", "generator_cpu")
SPARE_S = 60  # of the seconds kept, so that none goes while a run that just fits is on

Values = list[float | None]


@dataclass(frozen=True, slots=True)
class Curves:
    """``columns`` by name, of ``points`` values each, times in ms; ``start`` in Unix s. None: nothing was measured."""

    start: int
    step_s: int
    points: int
    columns: dict[str, Values]


def curves_of(run: LoadRun, now: float, most: int) -> Curves:
    """Return a run's course in at most ``most`` steps; raises StoreUnavailable while it runs."""
    if is_open(run):
        return _live(run, now, most)
    return _kept(run.pk, run.ended_at, most)


def _live(run: LoadRun, now: float, most: int) -> Curves:
    """Read what the generator and the server have measured so far; the axis reaches to the planned end."""
    began = int(run.summary.get("start", now))
    length_s = max(longest_s(Profile.from_json(run.profile)), now - began + 1)
    bucket_s = SECOND if now - began < SECOND_KEEP_S - SPARE_S and length_s < SECOND_KEEP_S else TEN
    step_s = _step_s(length_s, most, bucket_s)
    start = began // step_s * step_s
    points = -(-int(began - start + length_s) // step_s)
    range_ = Range("run", points * step_s, bucket_s, step_s)

    def line(kind: str, key: str) -> list[Point]:
        return fine_timeline(range_, kind, (key,), start, now)[key]

    total, hold = f"{run.pk}/{TOTAL_KEY}", -(-get_config().host_interval_s // step_s)
    latency = line("load_latency", total)
    columns = {f"{kind}_p95": _each(line(f"load_{kind}", total), _p95_ms) for kind in LATENCIES}
    columns |= {
        "rate": _rates(latency, step_s, int(now)),
        "error_pct": _each(latency, lambda window: window.error_pct),
        "target": _each(line("load_state", f"{run.pk}/target"), _thousandths),
        "busy": _each(line("load_state", f"{run.pk}/busy"), lambda window: window.mean),
        "host_cpu": _spread(_each(line("host", f"{TOTAL_KEY}/cpu"), readings.mean_pct), hold),
        "generator_cpu": _each(line("load_state", f"{run.pk}/cpu"), readings.mean_pct),
    }
    return Curves(start, step_s, points, columns)


@lru_cache(maxsize=16)
def _kept(pk: int, ended_at: object, most: int) -> Curves:
    """Read a finished run's row, whose course is the same each second somebody looks."""
    series: dict[str, Any] = LoadRun.objects.values_list("series", flat=True).get(pk=pk)
    rows = series.get("rows", [])
    if not rows:
        return Curves(int(series.get("start", 0)), 1, 0, {name: [] for name in COLUMNS})
    names = series["columns"]
    length_s = int(rows[-1][0]) + series["step_s"]
    step_s = _step_s(length_s, most, series["step_s"])
    points = -(-length_s // step_s)
    held: list[dict[str, Values]] = [{} for _ in range(points)]
    for row in rows:
        for name, value in zip(names, row, strict=True):
            held[int(row[0]) // step_s].setdefault(name, []).append(value)
    columns = {name: [_joined(name, step) for step in held] for name in COLUMNS}
    return Curves(int(series["start"]), step_s, points, columns)


def _joined(name: str, step: dict[str, Values]) -> float | None:
    """Make one value of a step's rows: the mean of what is a rate, the largest of what is a peak."""
    if name == "error_pct":
        sent, failed = _sum(step.get("rate", [])), _sum(step.get("errors", []))
        return 100 * failed / sent if sent else None
    known = [value for value in step.get(_IN_ROWS.get(name, name), []) if value is not None]
    if not known:
        return None
    return sum(known) / len(known) if name in _MEANS else max(known)


_IN_ROWS = {"host_cpu": "host_cpu_pct", "generator_cpu": "generator_cpu_pct"}
_MEANS = frozenset({"rate", "target", "busy", "host_cpu", "generator_cpu"})


def _sum(values: Sequence[float | None]) -> float:
    return sum(value or 0.0 for value in values)


def _step_s(length_s: float, most: int, base_s: int) -> int:
    """Return the shortest step of which ``most`` hold the length, a multiple of the base."""
    fitting = (step for step in STEPS_S if step % base_s == 0 and length_s / step <= most)
    return next(fitting, -(-int(length_s) // (most * base_s)) * base_s)


def _each(points: Sequence[Point], of: Callable[[Window], float | None]) -> Values:
    return [None if point.window is None else of(point.window) for point in points]


def _rates(points: Sequence[Point], step_s: int, now: int) -> Values:
    """Requests a second of each step, of the one ``now`` is in over what has passed of it."""
    return [
        None if point.window is None else point.window.count / max(1, min(step_s, now - point.start))
        for point in points
    ]


def _spread(values: Values, steps: int) -> Values:
    """Give a reading to the steps before it that it is the mean of: hosts are read every few seconds."""
    spread = list(values)
    for at, value in enumerate(values):
        if value is not None:
            for before in range(max(0, at - steps + 1), at):
                spread[before] = value if spread[before] is None else spread[before]
    return spread


def _thousandths(window: Window) -> float | None:
    return None if window.mean is None else window.mean / 1000


def _p95_ms(window: Window) -> float | None:
    return readings.latency_ms(window, 95)


on_config_change(_kept.cache_clear)
