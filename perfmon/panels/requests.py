"""Endpoints: the table of all of them, and one of them in detail."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from perfmon.conf import get_budgets
from perfmon.exceptions import StoreUnavailable
from perfmon.histogram import Histogram
from perfmon.panels import formats, readings
from perfmon.panels.attention import endpoint_url
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.distribution import latency_bars, spread
from perfmon.panels.sparks import spark
from perfmon.panels.tables import BLANK_ROW, TableState
from perfmon.panels.verdicts import verdict
from perfmon.series import STATUS_CLASSES, TOTAL_KEY, Window

MAX_ROWS = 100


class EndpointsPanel(Panel):
    """The endpoints of the range, those with most requests first."""

    name = "endpoints"
    pages = ("overview",)
    template = "perfmon/panels/endpoints.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``rows`` of at most ``MAX_ROWS`` endpoints and one for the ``others``; raises StoreUnavailable.

        A row is ``[key, texts, numbers, spread, marks]``: texts and numbers follow ``tables.COLUMNS`` after the
        endpoint, the spread is a digit per part of the latency scale, marks name the cells past their budget.
        """
        requests = readings.totals(query, "request")
        db, cache = readings.totals(query, "request_db"), readings.totals(query, "request_cache")
        keys = sorted((key for key in requests if key != TOTAL_KEY), key=lambda key: (-requests[key].count, key))
        seconds = readings.covered_s(query)
        rows = [_row(key, requests[key], db.get(key), cache.get(key), seconds) for key in keys[:MAX_ROWS]]
        return {"rows": rows, "others": _others([requests[key] for key in keys[MAX_ROWS:]])}

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the table as the address asks for it: sorted and filtered, with the links that sort it otherwise."""
        state = TableState.read(params) or TableState()
        return {
            "table": state,
            "rows": state.rows(data, query),
            "headers": state.headers(query),
            "blank": BLANK_ROW,
            "range": query.range.name,
            "time": formats.RANGE_WORDS[query.range.name],
            "base_url": endpoint_url("", query),
        }


def _row(key: str, window: Window, db: Window | None, cache: Window | None, seconds: float) -> list[Any]:
    latencies = window.histogram.cumulative()
    p50, p95, p99 = (None if ns is None else min(ns, window.max) / 1e6 for ns in latencies.percentiles((50, 95, 99)))
    rate, db_pct = window.count / seconds, readings.share_pct(db, window)
    figures = [
        formats.count(window.count),
        formats.rate(rate, ""),
        *(formats.duration(value) for value in (p50, p95, p99)),
        formats.percent(window.error_pct),
        formats.percent(db_pct),
        formats.percent(readings.hit_pct(cache)),
    ]
    numbers = [None if figure["value"] is None else formats.significant(figure["value"], 4) for figure in figures]
    return [key, [formats.phrase(figure) for figure in figures], numbers, spread(latencies), _over(p95, window)]


def _over(p95_ms: float | None, window: Window) -> list[str]:
    budgets = get_budgets()
    over = ["p95"] if p95_ms is not None and p95_ms > budgets.p95_ms else []
    return [*over, "errors"] if (window.error_pct or 0) > budgets.alert_error_warning_pct else over


def _others(windows: list[Window]) -> dict[str, Any] | None:
    if not windows:
        return None
    histogram = Histogram.sum_of(window.histogram for window in windows)
    merged = Window(sum(one.count for one in windows), max=max(one.max for one in windows), histogram=histogram)
    text = _("%(endpoints)d more endpoints with %(requests)s requests together, p95 %(p95)s") % {
        "endpoints": len(windows),
        "requests": formats.phrase(formats.count(merged.count)),
        "p95": formats.phrase(formats.duration(readings.latency_ms(merged, 95))),
    }
    return {"text": text}


class EndpointPanel(Panel):
    """One endpoint: its key figures, the spread of its latencies, its answers, its database and cache share."""

    name = "endpoint"
    pages = ("endpoint",)
    template = "perfmon/panels/endpoint.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``figures``, ``histogram``, ``statuses`` and ``shares``; raises StoreUnavailable."""
        window = readings.total(query, "request", query.key)
        return {
            "known": bool(window.count),
            "figures": _figures(query, window),
            "histogram": latency_bars(window.histogram),
            "statuses": _statuses(query),
            "shares": _shares(query, window),
        }


def _figures(query: PageQuery, window: Window) -> list[dict[str, Any]]:
    before = readings.total(query, "request", query.key, previous=True)
    history = readings.latencies(query, query.key)
    points = readings.timeline(query, "request", query.key)[query.key]
    rates = (window.count / readings.covered_s(query), before.count / query.range.seconds)
    errors = readings.each(points, lambda one: one.error_pct)
    counts = (window.count, before.count)
    latencies = [
        _figure(name, name, formats.duration, readings.latency_ms(window, at), history[name])
        | {"trend": verdict(readings.latency_ms(window, at), readings.latency_ms(before, at), counts, floor=1)}
        for name, at in readings.PERCENTILES.items()
    ]
    return [
        *latencies,
        _figure("throughput", _("Throughput"), formats.rate, rates[0], readings.rates(query, points))
        | {
            "trend": verdict(*rates, counts, floor=0.1, higher_is_better=True, neutral=True),
            "note": _recent(query),
        },
        _figure("errors", _("Error rate"), formats.percent, window.error_pct, errors)
        | {"trend": verdict(window.error_pct, before.error_pct, counts, floor=0.1)},
    ]


def _recent(query: PageQuery) -> str:
    try:
        return formats.recent(readings.recent_rates(query, query.key))
    except StoreUnavailable:
        return ""


def _figure(
    name: str,
    label: str,
    say: Callable[[float | None], formats.Figure],
    value: float | None,
    history: list[float | None],
) -> dict[str, Any]:
    limit = getattr(get_budgets(), "alert_error_warning_pct" if name == "errors" else f"{name}_ms", None)
    missed = value is not None and limit is not None and value > limit
    return {
        "name": name,
        "label": label,
        **formats.rounded(say(value)),
        "note": "",
        "target": None if limit is None else {"text": f"≤ {formats.target(say(limit))}", "missed": missed},
        "spark": spark(history),
    }


def _statuses(query: PageQuery) -> list[dict[str, Any]]:
    responses = readings.totals(query, "response")
    counts = {status: responses.get(f"{query.key} {status}", Window()).count for status in STATUS_CLASSES}
    everything = sum(counts.values())
    return [
        {
            "status": status,
            "count": formats.phrase(formats.count(number)),
            "share": formats.phrase(formats.percent(100 * number / everything)),
            "part": round(100 * number / everything, 2),
            "ink": f"ink-status-{status}",
        }
        for status, number in counts.items()
        if number
    ]


def _shares(query: PageQuery, window: Window) -> list[dict[str, str]]:
    db = readings.totals(query, "request_db").get(query.key)
    cache = readings.totals(query, "request_cache").get(query.key)
    queries = db.count / window.count if db and window.count else 0.0 if window.count else None
    reads = cache.count / window.count if cache and window.count else 0.0 if window.count else None
    rows = [
        ("db", _("Time in the database"), formats.percent(readings.share_pct(db, window))),
        ("queries", _("Queries a request"), formats.plain(queries)),
        ("cache_share", _("Time in the cache"), formats.percent(readings.share_pct(cache, window))),
        ("reads", _("Cache reads a request"), formats.plain(reads)),
        ("hits", _("Cache hits"), formats.percent(readings.hit_pct(cache))),
        ("max", _("Slowest request"), formats.duration(window.max / 1e6 if window.count else None)),
    ]
    return [{"name": name, "label": label, "text": formats.phrase(figure)} for name, label, figure in rows]
