"""The charts of the page of data: cache hits and times, queries by database, waits for a connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.cache import caches
from django.db import connections
from django.utils.translation import gettext as _

from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery
from perfmon.panels.databases import has_pool
from perfmon.panels.timecharts import TimeCharts, make_chart, make_series
from perfmon.series import Window

INKS = tuple(f"series-{letter}" for letter in "abcdef")  # a chart has as many series at most


class DataChartsPanel(TimeCharts):
    """A line for each alias of the settings; the waits only where some database has a pool."""

    pages = ("data",)

    def charts(self, query: PageQuery) -> list[dict[str, Any]]:
        """Return the charts; their series are the settings' aliases, so they stay the same."""
        pooled = [alias for alias in connections if has_pool(alias)]
        charts = [_hits(query), _times(query), _queries(query)]
        return [*charts, _waits(query, pooled)] if pooled else charts


def _hits(query: PageQuery) -> dict[str, Any]:
    target_pct = get_budgets().cache_hit_target_pct
    label = _("target %(limit)s") % {"limit": formats.target(formats.percent(target_pct))}
    series = _series(query, "cache", list(caches), readings.hit_pct)
    return make_chart("cache_hits", _("Cache hits"), "%", series, targets=[(target_pct, label)], top=100)


def _times(query: PageQuery) -> dict[str, Any]:
    series = _series(query, "cache", list(caches), _p95_ms)
    return make_chart("cache_times", _("Time to read a cache, p95"), "ms", series, log=True)


def _queries(query: PageQuery) -> dict[str, Any]:
    shown = list(connections)[: len(INKS)]
    by_key = readings.timeline(query, "query", *shown)
    series = [
        make_series(ink, alias, readings.rates(query, by_key[alias])) for ink, alias in zip(INKS, shown, strict=False)
    ]
    return make_chart("queries", _("Queries by database"), "/s", series, form="bars")


def _waits(query: PageQuery, pooled: Sequence[str]) -> dict[str, Any]:
    limit_ms = get_budgets().alert_pool_wait_ms
    label = _("warning %(limit)s") % {"limit": formats.target(formats.duration(limit_ms))}
    series = _series(query, "pool", pooled, _p95_ms)
    return make_chart(
        "pool_waits", _("Wait for a connection, p95"), "ms", series, targets=[(limit_ms, label)], log=True
    )


def _series(
    query: PageQuery, kind: str, aliases: Sequence[str], of: Callable[[Window], float | None]
) -> list[dict[str, Any]]:
    shown = aliases[: len(INKS)]
    by_key = readings.timeline(query, kind, *shown)
    return [make_series(ink, alias, readings.each(by_key[alias], of)) for ink, alias in zip(INKS, shown, strict=False)]


def _p95_ms(window: Window) -> float | None:
    return readings.latency_ms(window, 95)
