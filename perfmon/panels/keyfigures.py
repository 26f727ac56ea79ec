"""Key figures: a value over the range with its history, its change against the range before, and its target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery
from perfmon.panels.sparks import spark
from perfmon.panels.verdicts import verdict
from perfmon.series import Window


def latency(percent: float, window: Window, seconds: float) -> float | None:
    """A percentile in ms."""
    return readings.latency_ms(window, percent)


def rate(window: Window, seconds: float) -> float | None:
    """Events a second."""
    return window.count / seconds if seconds else None


def events(window: Window, seconds: float) -> float | None:
    """How many there were."""
    return float(window.count)


def errors(window: Window, seconds: float) -> float | None:
    """The share that failed, in percent."""
    return window.error_pct


def gauge_pct(window: Window, seconds: float) -> float | None:
    """The mean of a gauge of thousandths of a percent, in percent."""
    return readings.mean_pct(window)


def gauge(window: Window, seconds: float) -> float | None:
    """The mean of a gauge in its own unit."""
    return window.mean


def gauge_rate(window: Window, seconds: float) -> float | None:
    """The mean of a gauge of thousandths of an event a second, in events a second."""
    return None if window.mean is None else window.mean / 1000


def hits(window: Window, seconds: float) -> float | None:
    """The share of reads that found something, in percent."""
    return readings.hit_pct(window)


COUNTED = (rate, events)  # of these, nothing recorded means zero as long as somebody measured


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One key figure: where it is read, how it is said, and what it is held against.

    ``read`` takes a window and the seconds it covers; ``floor`` is the smallest difference that means anything.
    """

    name: str
    label: str | Promise
    kind: str
    key: str
    read: Callable[[Window, float], float | None]
    say: Callable[[float | None], formats.Figure]
    floor: float
    budget: str = ""
    higher_is_better: bool = False
    neutral: bool = False
    basis: str = ""  # the kind whose events tell whether there is enough data; its own when empty


def figure_of(spec: KeyFigure, query: PageQuery, note: str = "") -> dict[str, Any]:
    """Return one key figure over the query's range; raises StoreUnavailable."""
    now = readings.total(query, spec.kind, spec.key)
    before = readings.total(query, spec.kind, spec.key, previous=True)
    basis = [readings.total(query, spec.basis or spec.kind, spec.key, previous=past).count for past in (False, True)]
    value = spec.read(now, readings.covered_s(query))
    previous = spec.read(before, query.range.seconds)
    if spec.read in COUNTED and not now.count and not any(readings.alive(query)):
        value = None  # nobody looked, which is not the same as no traffic
    return {
        "name": spec.name,
        "label": str(spec.label),
        **formats.rounded(spec.say(value)),
        "trend": verdict(
            value,
            previous,
            (basis[0], basis[1]),
            higher_is_better=spec.higher_is_better,
            floor=spec.floor,
            neutral=spec.neutral,
        ),
        "target": _target(spec, value),
        "note": note,
        "spark": spark(_history(spec, query)),
    }


def _history(spec: KeyFigure, query: PageQuery) -> list[float | None]:
    if spec.kind == "request" and spec.name in readings.PERCENTILES:  # the charts read the same
        return readings.latencies(query, spec.key)[spec.name]
    points = readings.timeline(query, spec.kind, spec.key)[spec.key]
    if spec.read in COUNTED:
        return readings.counted(query, points, spec.read)
    return readings.each(points, lambda window: spec.read(window, query.range.step_s))


def _target(spec: KeyFigure, value: float | None) -> dict[str, Any] | None:
    """Return the budget's text and whether the figure misses it; the state stands beside a word, never alone."""
    if not spec.budget:
        return None
    limit: float = getattr(get_budgets(), spec.budget)
    missed = value is not None and (value < limit if spec.higher_is_better else value > limit)
    sign = "≥" if spec.higher_is_better else "≤"
    return {"text": f"{sign} {formats.target(spec.say(limit))}", "missed": missed}
