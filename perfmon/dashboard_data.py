"""The document of ``GET /api/dashboard/data``: key figures, trend and last alerts of one range."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from perfmon.alerts.models import Alert
from perfmon.alerts.selectors import last_alerts
from perfmon.conf import get_budgets
from perfmon.series import NS_PER_MS, TOTAL_KEY, Window
from perfmon.store.ranges import Range
from perfmon.store.selectors import totals
from perfmon.trends import compare

SCHEMA_VERSION = 1
ALERTS = 10
DIRECTIONS = {"better": "improving", "worse": "degrading", "same": "stable", "unknown": "unknown"}


def build(range_: Range, now: float) -> dict[str, Any]:
    """Return the document for the range up to ``now`` (Unix s); raises StoreUnavailable.

    ``current_metrics``: times in ms, ``error_rate`` a share from 0 to 1, ``throughput`` in requests a second; null
    where nothing was measured. The trend compares the p95 with that of the range before, in percent.
    """
    current = totals(range_, "request", now).get(TOTAL_KEY) or Window()
    previous = totals(range_, "request", now, previous=True).get(TOTAL_KEY) or Window()
    return {
        "schema_version": SCHEMA_VERSION,
        "range": range_.name,
        "current_metrics": _figures(current, now - range_.span(now)[0]),
        "trends": _trends(current, previous),
        "alerts": [_alert(alert) for alert in last_alerts(ALERTS)],
        "timestamp": datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds"),
    }


def _figures(window: Window, elapsed_s: float) -> dict[str, float | None]:
    return {
        "avg_response_time": _ms(window.mean),
        "p95_response_time": _ms(window.percentile(95)),
        "error_rate": round(window.errors / window.count, 6) if window.count else None,
        "throughput": round(window.count / elapsed_s, 3),
    }


def _trends(current: Window, previous: Window) -> dict[str, Any]:
    budgets = get_budgets()
    trend = compare(
        current.percentile(95),
        previous.percentile(95),
        current_count=current.count,
        previous_count=previous.count,
        higher_is_better=False,
        noise_pct=budgets.trend_noise_pct,
        min_count=budgets.trend_min_count,
    )
    change = None if trend.change_pct is None else round(trend.change_pct, 1)
    return {"response_time_trend": change, "trend_direction": DIRECTIONS[trend.verdict]}


def _alert(alert: Alert) -> dict[str, Any]:
    fired_at = alert.fired_at or alert.pending_at
    return {
        "type": alert.rule,
        "message": alert.message,
        "timestamp": fired_at.isoformat(timespec="milliseconds"),
        "severity": alert.severity,
        "state": alert.state,
        "scope": alert.scope,
    }


def _ms(value_ns: float | None) -> float | None:
    return None if value_ns is None else round(value_ns / NS_PER_MS, 3)
