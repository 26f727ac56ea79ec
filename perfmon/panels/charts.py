"""The charts on one time axis: latency percentiles, throughput by status class, errors, CPU and memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from perfmon.alerts.models import Alert
from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.drawing import draw, scale_top
from perfmon.series import TOTAL_KEY

SIGNIFICANT = 3  # digits a chart can show
MAX_MARKERS = 20
Values = Sequence[float | None]


class ChartsPanel(Panel):
    """Four charts of the whole site, or three of one endpoint; steps without any measurement are gaps."""

    name = "charts"
    pages = ("overview", "endpoint")
    template = "perfmon/panels/charts.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``start`` (Unix s), ``step_s``, ``points``, ``charts`` and ``markers``; raises StoreUnavailable."""
        start, _end = query.range.span(query.now)
        charts = [_latency(query), _throughput(query), _errors(query)]
        if not query.key:
            charts.append(_resources(query))
        return {
            "start": start,
            "step_s": query.range.step_s,
            "points": query.range.points,
            "charts": charts,
            "markers": _markers(query),
        }

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the charts as the page draws them before the browser's library is there, and without it."""
        return {"drawn": [chart | draw(chart, data["start"], data["step_s"]) for chart in data["charts"]]}


def _latency(query: PageQuery) -> dict[str, Any]:
    columns = readings.latencies(query, query.key or TOTAL_KEY)
    target_ms = get_budgets().p95_ms
    label = _("p95 target %(limit)s") % {"limit": formats.target(formats.duration(target_ms))}
    series = [_series(name, name, values) for name, values in columns.items()]
    return _chart("latency", _("Latency"), "ms", series, targets=[(target_ms, label)], log=True)


def _throughput(query: PageQuery) -> dict[str, Any]:
    key = query.key or TOTAL_KEY
    keys = [f"{key} {status}" for status in readings.SHOWN_CLASSES]
    by_key = readings.timeline(query, "response", *keys)
    series = [
        _series(f"status-{status}", status, readings.rates(query, by_key[f"{key} {status}"]))
        for status in readings.SHOWN_CLASSES
    ]
    return _chart("throughput", _("Throughput by status"), "/s", series, form="bars")


def _errors(query: PageQuery) -> dict[str, Any]:
    key = query.key or TOTAL_KEY
    points = readings.timeline(query, "request", key)[key]
    budgets = get_budgets()
    targets = [
        (budgets.alert_error_warning_pct, _("warning %(limit)s")),
        (budgets.alert_error_critical_pct, _("critical %(limit)s")),
    ]
    shares = readings.each(points, lambda window: window.error_pct)
    return _chart(
        "errors",
        _("Errors"),
        "%",
        [_series("status-5xx", _("failed requests"), shares)],
        targets=[(value, text % {"limit": formats.target(formats.percent(value))}) for value, text in targets],
    )


def _resources(query: PageQuery) -> dict[str, Any]:
    by_key = readings.timeline(query, "host", "*/cpu", "*/memory")
    budgets = get_budgets()
    targets = [
        (budgets.alert_cpu_pct, _("CPU limit %(limit)s")),
        (budgets.alert_memory_pct, _("memory limit %(limit)s")),
    ]
    return _chart(
        "resources",
        _("CPU and memory"),
        "%",
        [
            _series("series-a", _("CPU"), readings.each(by_key["*/cpu"], readings.mean_pct)),
            _series("series-b", _("memory"), readings.each(by_key["*/memory"], readings.mean_pct)),
        ],
        targets=[(value, text % {"limit": formats.target(formats.percent(value))}) for value, text in targets],
        top=100,
    )


def _chart(
    name: str,
    title: str,
    unit: str,
    series: list[dict[str, Any]],
    *,
    targets: Sequence[tuple[float, str]] = (),
    form: str = "lines",
    log: bool = False,
    top: float | None = None,
) -> dict[str, Any]:
    columns = [one["values"] for one in series]
    limits = [value for value, _label in targets]
    return {
        "name": name,
        "title": title,
        "unit": unit,
        "form": form,
        "log": log,
        "top": top or scale_top(columns, limits, stacked=form == "bars"),
        "series": series,
        "targets": [{"value": value, "label": label} for value, label in targets],
    }


def _series(color: str, label: str, values: Values) -> dict[str, Any]:
    short = [None if value is None else formats.significant(value, SIGNIFICANT) for value in values]
    return {"color": color, "label": label, "values": short}


def _markers(query: PageQuery) -> list[dict[str, Any]]:
    """Alerts that began to fire within the range, the newest kept."""
    start, end = (datetime.fromtimestamp(at, UTC) for at in query.range.span(query.now))
    fired = Alert.objects.filter(Q(fired_at__gte=start) & Q(fired_at__lt=end)).order_by("-fired_at")[:MAX_MARKERS]
    return [
        {"at": int(alert.fired_at.timestamp()), "label": alert.label, "level": alert.severity}
        for alert in fired
        if alert.fired_at is not None
    ]
