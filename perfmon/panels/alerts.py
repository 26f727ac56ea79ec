"""Alerts: those open, those over, and the rules that can't see."""

from __future__ import annotations

from typing import Any

from django.urls import NoReverseMatch, reverse

from perfmon.alerts.models import Alert, RuleStatus
from perfmon.alerts.selectors import active_alerts, past_alerts, rules_without_data
from perfmon.panels.base import PageQuery, Panel


class AlertsPanel(Panel):
    """Open alerts with their acknowledgement, ended ones with their peak."""

    name = "alerts"
    pages = ("alerts",)
    template = "perfmon/panels/alerts.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``active``, ``past`` and ``blind``, times in ISO 8601; reads SQL only."""
        return {
            "active": [_alert(alert) for alert in active_alerts()],
            "past": [_alert(alert) for alert in past_alerts()],
            "blind": [_status(status) for status in rules_without_data()],
        }


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.pk,
        "label": alert.label,
        "severity": alert.severity,
        "severity_word": str(alert.get_severity_display()),
        "state": alert.state,
        "state_word": str(alert.get_state_display()),
        "text": alert.message,
        "since": _iso(alert.fired_at or alert.pending_at),
        "until": _iso(alert.resolved_at),
        "seen": _iso(alert.acknowledged_at),
        "seen_by": alert.acknowledged_by.get_username() if alert.acknowledged_by else "",
        "acknowledge_url": "" if alert.acknowledged_at or not alert.is_firing else _acknowledge_url(alert),
    }


def _status(status: RuleStatus) -> dict[str, str]:
    return {
        "label": status.label,
        "scope": status.scope,
        "reason": str(status.get_reason_display()),
        "since": _iso(status.no_data_since),
    }


def _acknowledge_url(alert: Alert) -> str:
    try:
        return reverse("perfmon:alert_acknowledge", args=[alert.pk])
    except NoReverseMatch:
        return ""


def _iso(moment: Any) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
