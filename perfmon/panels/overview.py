"""The top of the overview: what needs attention, and the key figures."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from perfmon.exceptions import StoreUnavailable
from perfmon.panels import formats, readings
from perfmon.panels.attention import attention_of
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.keyfigures import KeyFigure, errors, figure_of, gauge_pct, hits, latency, rate
from perfmon.series import TOTAL_KEY

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


FIGURES = (
    KeyFigure("p50", "p50", "request", TOTAL_KEY, partial(latency, 50), formats.duration, 1, "p50_ms"),
    KeyFigure("p95", "p95", "request", TOTAL_KEY, partial(latency, 95), formats.duration, 1, "p95_ms"),
    KeyFigure("p99", "p99", "request", TOTAL_KEY, partial(latency, 99), formats.duration, 1, "p99_ms"),
    KeyFigure(
        "throughput", _("Throughput"), "request", TOTAL_KEY, rate, formats.rate, 0.1,
        higher_is_better=True, neutral=True,
    ),
    KeyFigure(
        "errors", _("Error rate"), "request", TOTAL_KEY, errors, formats.percent, 0.1, "alert_error_warning_pct"
    ),
    KeyFigure("cpu", _("CPU"), "host", "*/cpu", gauge_pct, formats.percent, 2, "alert_cpu_pct"),
    KeyFigure("memory", _("Memory"), "host", "*/memory", gauge_pct, formats.percent, 2, "alert_memory_pct"),
    KeyFigure(
        "cache", _("Cache hits"), "cache", TOTAL_KEY, hits, formats.percent, 1, "cache_hit_target_pct",
        higher_is_better=True,
    ),
    KeyFigure("queue", _("Queue wait, p95"), "queue", QUEUE_KEY, partial(latency, 95), formats.duration, 1),
)  # fmt: skip


class FiguresPanel(Panel):
    """The key figures: each with its unit, sparkline, change against the range before, and target."""

    name = "figures"
    pages = ("overview",)
    template = "perfmon/panels/figures.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``figures``, one dict each; raises StoreUnavailable."""
        notes = {"throughput": _recent(query)}
        return {"figures": [figure_of(spec, query, notes.get(spec.name, "")) for spec in FIGURES]}


def _recent(query: PageQuery) -> str:
    try:
        return formats.recent(readings.recent_rates(query, TOTAL_KEY))
    except StoreUnavailable:  # seconds are not there; the range's own rate may be
        return ""
