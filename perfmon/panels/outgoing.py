"""Outgoing HTTP calls: what the site asks of others, how long they take to answer and how often they don't."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.keyfigures import KeyFigure, errors, figure_of, latency, rate
from perfmon.panels.timecharts import TimeCharts, make_chart, make_series
from perfmon.recorders.outgoing import NO_ANSWER
from perfmon.series import TOTAL_KEY, Window

MAX_ROWS = 60
CLASSES = (*readings.SHOWN_CLASSES, NO_ANSWER)
FIGURES = (
    KeyFigure(
        "calls", gettext_lazy("Calls"), "outgoing", TOTAL_KEY, rate, formats.rate, 0.1,
        higher_is_better=True, neutral=True,
    ),
    KeyFigure("failed", gettext_lazy("Failed calls"), "outgoing", TOTAL_KEY, errors, formats.percent, 0.1),
    KeyFigure(
        "p95", gettext_lazy("To the answer, p95"), "outgoing", TOTAL_KEY, partial(latency, 95), formats.duration, 1
    ),
    KeyFigure(
        "first", gettext_lazy("To the first token, p95"), "provider_first", TOTAL_KEY, partial(latency, 95),
        formats.duration, 1, "provider_first_token_ms",
    ),
)  # fmt: skip


class OutgoingFiguresPanel(Panel):
    """Four figures over all calls."""

    name = "outgoing_figures"
    pages = ("outgoing",)
    template = "perfmon/panels/figures.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``figures``, one dict each; raises StoreUnavailable."""
        return {"figures": [figure_of(spec, query) for spec in FIGURES]}


class OutgoingChartsPanel(TimeCharts):
    """How long answers take, how calls end, and how long until the first token of a language model."""

    pages = ("outgoing",)

    def charts(self, query: PageQuery) -> list[dict[str, Any]]:
        """Return three charts over all hosts and providers."""
        first_ms = get_budgets().provider_first_token_ms
        label = _("p95 target %(limit)s") % {"limit": formats.target(formats.duration(first_ms))}
        times, first = _percentiles(query, "outgoing"), _percentiles(query, "provider_first")
        targets = [(first_ms, label)]
        return [
            make_chart("outgoing_times", _("Time to the answer's head"), "ms", times, log=True),
            make_chart("outgoing_ends", _("Calls by status"), "/s", _ends(query), form="bars"),
            make_chart("first_tokens", _("Time to the first token"), "ms", first, targets=targets, log=True),
        ]


class CallsPanel(Panel):
    """Hosts and classes of routes, those first that were waited for the longest."""

    name = "calls"
    pages = ("outgoing",)
    template = "perfmon/panels/calls.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``calls`` and how many ``others`` there are; raises StoreUnavailable."""
        calls, ends = readings.totals(query, "outgoing"), readings.totals(query, "outgoing_status")
        keys = sorted(calls.keys() - {TOTAL_KEY}, key=lambda key: (-calls[key].sum, key))
        whole = calls.get(TOTAL_KEY) or Window()
        seconds = readings.covered_s(query)
        others = len(keys) - MAX_ROWS
        return {
            "calls": [_call(key, calls[key], ends, whole, seconds) for key in keys[:MAX_ROWS]],
            "others": _("%(count)d more routes") % {"count": others} if others > 0 else "",
        }

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the range in words."""
        return {"time": formats.RANGE_WORDS[query.range.name]}


def _percentiles(query: PageQuery, kind: str) -> list[dict[str, Any]]:
    points = readings.timeline(query, kind, TOTAL_KEY)[TOTAL_KEY]
    return [
        make_series(f"p{percent}", f"p{percent}", readings.each(points, partial(readings.latency_ms, percent=percent)))
        for percent in (50, 95, 99)
    ]


def _ends(query: PageQuery) -> list[dict[str, Any]]:
    keys = {name: f"{TOTAL_KEY} {name}" for name in CLASSES}
    points = readings.timeline(query, "outgoing_status", *keys.values())
    labels = {NO_ANSWER: _("no answer")}
    inks = {NO_ANSWER: "status-none"}
    return [
        make_series(inks.get(name, f"status-{name}"), labels.get(name, name), readings.rates(query, points[key]))
        for name, key in keys.items()
    ]


def _call(key: str, window: Window, ends: Mapping[str, Window], whole: Window, seconds: float) -> dict[str, Any]:
    host, _space, route = key.partition(" ")
    p50, p95, p99 = (None if ns is None else ns / 1e6 for ns in window.percentiles((50, 95, 99)))
    share_pct = readings.share_pct(window, whole)
    return {
        "key": key,
        "host": host,
        "route": route,
        "part": round(share_pct or 0, 1),
        "share": formats.phrase(formats.percent(share_pct)),
        "rate": formats.phrase(formats.rate(60 * window.count / seconds, "/min")),
        "p50": formats.phrase(formats.duration(p50)),
        "p95": formats.phrase(formats.duration(p95)),
        "p99": formats.phrase(formats.duration(p99)),
        "errors": formats.phrase(formats.percent(window.error_pct)),
        "is_failing": bool(window.errors),
        "ends": _worse_ends(key, ends),
    }


def _worse_ends(key: str, ends: Mapping[str, Window]) -> str:
    """Say how calls ended that did not go well: ``4xx 3 · no answer 2``."""
    found = {name: ends.get(f"{key} {name}") for name in ("4xx", "5xx", NO_ANSWER)}
    labels = {NO_ANSWER: _("no answer")}
    return " · ".join(
        f"{labels.get(name, name)} {formats.phrase(formats.count(window.count))}"
        for name, window in found.items()
        if window is not None
    )
