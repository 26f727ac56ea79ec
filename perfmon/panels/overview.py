"""The top of the overview: what needs attention, and the key figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from perfmon.conf import get_budgets
from perfmon.exceptions import StoreUnavailable
from perfmon.panels import formats, readings
from perfmon.panels.attention import attention_of
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.sparks import spark
from perfmon.panels.verdicts import verdict
from perfmon.series import TOTAL_KEY, Window

QUEUE_KEY = "http"


class AttentionPanel(Panel):
    """Firing alerts and regressions in plain sentences, or one calm line."""

    name = "attention"
    pages = ("overview",)
    template = "perfmon/panels/attention.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``notices`` (level, text, url, since) and ``calm_since``; raises StoreUnavailable."""
        return attention_of(query)


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


def _latency(percent: float, window: Window, seconds: float) -> float | None:
    return readings.latency_ms(window, percent)


def _rate(window: Window, seconds: float) -> float | None:
    return window.count / seconds if seconds else None


def _errors(window: Window, seconds: float) -> float | None:
    return window.error_pct


def _gauge(window: Window, seconds: float) -> float | None:
    return readings.mean_pct(window)


def _hits(window: Window, seconds: float) -> float | None:
    return readings.hit_pct(window)


FIGURES = (
    KeyFigure("p50", "p50", "request", TOTAL_KEY, partial(_latency, 50), formats.duration, 1, "p50_ms"),
    KeyFigure("p95", "p95", "request", TOTAL_KEY, partial(_latency, 95), formats.duration, 1, "p95_ms"),
    KeyFigure("p99", "p99", "request", TOTAL_KEY, partial(_latency, 99), formats.duration, 1, "p99_ms"),
    KeyFigure(
        "throughput", _("Throughput"), "request", TOTAL_KEY, _rate, formats.rate, 0.1,
        higher_is_better=True, neutral=True,
    ),
    KeyFigure(
        "errors", _("Error rate"), "request", TOTAL_KEY, _errors, formats.percent, 0.1, "alert_error_warning_pct"
    ),
    KeyFigure("cpu", _("CPU"), "host", "*/cpu", _gauge, formats.percent, 2, "alert_cpu_pct"),
    KeyFigure("memory", _("Memory"), "host", "*/memory", _gauge, formats.percent, 2, "alert_memory_pct"),
    KeyFigure(
        "cache", _("Cache hits"), "cache", TOTAL_KEY, _hits, formats.percent, 1, "cache_hit_target_pct",
        higher_is_better=True,
    ),
    KeyFigure("queue", _("Queue wait, p95"), "queue", QUEUE_KEY, partial(_latency, 95), formats.duration, 1),
)  # fmt: skip


class FiguresPanel(Panel):
    """The key figures: each with its unit, sparkline, change against the range before, and target."""

    name = "figures"
    pages = ("overview",)
    template = "perfmon/panels/figures.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``figures``, one dict each; raises StoreUnavailable."""
        return {"figures": [figure_of(spec, query) for spec in FIGURES]}


def figure_of(spec: KeyFigure, query: PageQuery) -> dict[str, Any]:
    """Return one key figure over the query's range; raises StoreUnavailable."""
    now = readings.total(query, spec.kind, spec.key)
    before = readings.total(query, spec.kind, spec.key, previous=True)
    value = spec.read(now, readings.covered_s(query))
    previous = spec.read(before, query.range.seconds)
    if spec.read is _rate and not now.count and not any(readings.alive(query)):
        value = None  # nobody looked, which is not the same as no traffic
    return {
        "name": spec.name,
        "label": str(spec.label),
        **formats.rounded(spec.say(value)),
        "trend": verdict(
            value,
            previous,
            (now.count, before.count),
            higher_is_better=spec.higher_is_better,
            floor=spec.floor,
            neutral=spec.neutral,
        ),
        "target": _target(spec, value),
        "note": _recent(query) if spec.name == "throughput" else "",
        "spark": spark(_history(spec, query)),
    }


def _recent(query: PageQuery) -> str:
    try:
        return formats.recent(readings.recent_rates(query, TOTAL_KEY))
    except StoreUnavailable:  # seconds are not there; the range's own rate may be
        return ""


def _history(spec: KeyFigure, query: PageQuery) -> list[float | None]:
    if (spec.kind, spec.key) == ("request", TOTAL_KEY) and spec.name in readings.PERCENTILES:
        return readings.latencies(query, TOTAL_KEY)[spec.name]
    points = readings.timeline(query, spec.kind, spec.key)[spec.key]
    if spec.read is _rate:
        return readings.rates(query, points)
    return readings.each(points, lambda window: spec.read(window, query.range.step_s))


def _target(spec: KeyFigure, value: float | None) -> dict[str, Any] | None:
    """Return the budget's text and whether the figure misses it; the state stands beside a word, never alone."""
    if not spec.budget:
        return None
    limit: float = getattr(get_budgets(), spec.budget)
    missed = value is not None and (value < limit if spec.higher_is_better else value > limit)
    sign = "≥" if spec.higher_is_better else "≤"
    return {"text": f"{sign} {formats.target(spec.say(limit))}", "missed": missed}
