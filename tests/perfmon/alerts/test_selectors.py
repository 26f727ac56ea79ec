"""The lists of alerts: order, inhibition and the number of queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from perfmon.alerts.models import Alert
from perfmon.alerts.selectors import active_alerts, last_alerts, past_alerts

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def make(rule: str, severity: str = "warning", state: str = "firing", minutes: int = 0, scope: str = "") -> Alert:
    at = NOW + timedelta(minutes=minutes)
    return Alert.objects.create(
        rule=rule,
        severity=severity,
        scope=scope,
        state=state,
        pending_at=at,
        fired_at=None if state == "pending" else at,
        resolved_at=at if state == "resolved" else None,
        evaluated_at=at,
        value=9,
        peak=9,
        limit=5,
        unit="%",
        window_s=60,
    )


def test_active_alerts_are_firing_before_pending_and_critical_before_warning() -> None:
    pending = make("high_memory", state="pending", minutes=9)
    warning = make("high_cpu", minutes=5)
    held = make("high_response_time", state="held", minutes=6)
    critical = make("high_error_rate", "critical")
    make("high_cpu", state="resolved")
    assert active_alerts() == [critical, held, warning, pending]


def test_a_pending_critical_alert_mutes_nothing() -> None:
    make("high_error_rate", "critical", "pending")
    warning = make("high_error_rate")
    assert warning in active_alerts()


def test_a_critical_alert_mutes_only_its_own_rule_and_scope() -> None:
    make("high_cpu", "critical", scope="web1")
    other_host = make("high_cpu", scope="web2")
    other_rule = make("high_memory", scope="web1")
    same = make("high_cpu", scope="web1")
    shown = active_alerts()
    assert other_host in shown
    assert other_rule in shown
    assert same not in shown


def test_past_alerts_are_the_newest_and_no_more_than_asked_for() -> None:
    rows = [make("high_cpu", state="resolved", minutes=minute) for minute in range(5)]
    assert past_alerts(2) == [rows[4], rows[3]]
    assert past_alerts(0) == []


def test_ended_warnings_do_not_push_an_open_critical_out_of_the_last_alerts() -> None:
    critical = make("high_error_rate", "critical", minutes=-60)
    for minute in range(20):
        make("high_cpu", state="resolved", minutes=minute)
    make("high_memory", state="pending", minutes=30)
    shown = last_alerts(10)
    assert len(shown) == 10
    assert shown[0] == critical
    assert "pending" not in [alert.state for alert in shown]


def test_each_list_is_one_query_with_everything_a_page_shows(django_assert_num_queries: Any) -> None:
    for minute in range(5):
        make("high_cpu", scope=f"web{minute}")
        make("high_memory", state="resolved", minutes=minute)
    with django_assert_num_queries(1):
        assert len([(alert.message, alert.label, alert.acknowledged_by) for alert in active_alerts()]) == 5
    with django_assert_num_queries(1):
        assert len([alert.message for alert in past_alerts(50)]) == 5
