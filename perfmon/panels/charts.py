"""The charts on one time axis: latency percentiles, throughput by status class, errors, CPU and memory."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery
from perfmon.panels.timecharts import TimeCharts, make_chart, make_series
from perfmon.series import TOTAL_KEY


class ChartsPanel(TimeCharts):
    """Four charts of the whole site, or three of one endpoint."""

    pages = ("overview", "endpoint")

    def charts(self, query: PageQuery) -> list[dict[str, Any]]:
        """Return latency, throughput and errors, and for the whole site CPU and memory."""
        charts = [_latency(query), _throughput(query), _errors(query)]
        return charts if query.key else [*charts, _resources(query)]


def _latency(query: PageQuery) -> dict[str, Any]:
    columns = readings.latencies(query, query.key or TOTAL_KEY)
    target_ms = get_budgets().p95_ms
    label = _("p95 target %(limit)s") % {"limit": formats.target(formats.duration(target_ms))}
    series = [make_series(name, name, values) for name, values in columns.items()]
    return make_chart("latency", _("Latency"), "ms", series, targets=[(target_ms, label)], log=True)


def _throughput(query: PageQuery) -> dict[str, Any]:
    key = query.key or TOTAL_KEY
    keys = [f"{key} {status}" for status in readings.SHOWN_CLASSES]
    by_key = readings.timeline(query, "response", *keys)
    series = [
        make_series(f"status-{status}", status, readings.rates(query, by_key[f"{key} {status}"]))
        for status in readings.SHOWN_CLASSES
    ]
    return make_chart("throughput", _("Throughput by status"), "/s", series, form="bars")


def _errors(query: PageQuery) -> dict[str, Any]:
    key = query.key or TOTAL_KEY
    points = readings.timeline(query, "request", key)[key]
    budgets = get_budgets()
    targets = [
        (budgets.alert_error_warning_pct, _("warning %(limit)s")),
        (budgets.alert_error_critical_pct, _("critical %(limit)s")),
    ]
    shares = readings.each(points, lambda window: window.error_pct)
    return make_chart(
        "errors",
        _("Errors"),
        "%",
        [make_series("status-5xx", _("failed requests"), shares)],
        targets=[(value, text % {"limit": formats.target(formats.percent(value))}) for value, text in targets],
    )


def _resources(query: PageQuery) -> dict[str, Any]:
    by_key = readings.timeline(query, "host", "*/cpu", "*/memory")
    budgets = get_budgets()
    targets = [
        (budgets.alert_cpu_pct, _("CPU limit %(limit)s")),
        (budgets.alert_memory_pct, _("memory limit %(limit)s")),
    ]
    return make_chart(
        "resources",
        _("CPU and memory"),
        "%",
        [
            make_series("series-a", _("CPU"), readings.each(by_key["*/cpu"], readings.mean_pct)),
            make_series("series-b", _("memory"), readings.each(by_key["*/memory"], readings.mean_pct)),
        ],
        targets=[(value, text % {"limit": formats.target(formats.percent(value))}) for value, text in targets],
        top=100,
    )
