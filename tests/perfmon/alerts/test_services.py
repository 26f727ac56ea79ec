"""Acknowledging, pruning and the guarded changes of state."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction

from perfmon.alerts import services
from perfmon.alerts.models import Alert, AlertTransition, RuleStatus
from perfmon.alerts.rules import State, Transition

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def make_alert(**given: Any) -> Alert:
    fields = {
        "rule": "high_cpu",
        "severity": "warning",
        "scope": "web1",
        "state": "firing",
        "pending_at": NOW,
        "fired_at": NOW,
        "evaluated_at": NOW,
        "value": 90.0,
        "peak": 95.0,
        "limit": 80.0,
        "unit": "%",
        "window_s": 60,
    }
    return Alert.objects.create(**{**fields, **given})


def make_user(name: str) -> Any:
    return get_user_model().objects.create_user(name, password="x" * 12)


def test_the_first_acknowledgement_stays() -> None:
    alert, ana, bo = make_alert(), make_user("ana"), make_user("bo")
    first = services.alert_acknowledge(alert_id=alert.pk, user=ana)
    second = services.alert_acknowledge(alert_id=alert.pk, user=bo)
    assert second.acknowledged_by == ana
    assert second.acknowledged_at == first.acknowledged_at


def test_an_acknowledged_alert_still_fires() -> None:
    alert = make_alert()
    assert services.alert_acknowledge(alert_id=alert.pk, user=make_user("ana")).is_firing


def test_an_unknown_alert_cannot_be_acknowledged() -> None:
    with pytest.raises(Alert.DoesNotExist):
        services.alert_acknowledge(alert_id=1, user=make_user("ana"))


def test_a_rule_has_one_open_incident_in_a_scope() -> None:
    make_alert()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_alert(state="pending")
    make_alert(severity="critical")
    make_alert(state="resolved", resolved_at=NOW)
    assert Alert.objects.count() == 3


def test_a_change_of_state_that_another_engine_made_first_is_not_made_twice() -> None:
    alert = make_alert(state="pending", fired_at=None)
    change = Transition(State.PENDING, State.FIRING, NOW.timestamp(), 90.0)
    incident = services.incident_of(alert)
    ours = services.alert_move(alert=alert, incident=incident, transition=change)
    Alert.objects.filter(pk=alert.pk).update(state="firing")
    theirs = services.alert_move(alert=alert, incident=incident, transition=change)
    assert ours is not None
    assert theirs is None
    assert AlertTransition.objects.count() == 1


def test_an_alert_that_fired_meanwhile_is_not_dropped() -> None:
    alert = make_alert(state="firing")
    services.alert_drop(alert=alert)
    assert Alert.objects.filter(pk=alert.pk).exists()


def test_the_row_keeps_all_the_state_machine_remembers() -> None:
    alert = make_alert(state="held", held_at=NOW + timedelta(seconds=5))
    incident = services.incident_of(Alert.objects.get(pk=alert.pk))
    assert incident.held_at == NOW.timestamp() + 5
    assert (incident.state, incident.peak, incident.fired_at) == (State.HELD, 95.0, NOW.timestamp())


def test_pruning_deletes_ended_alerts_past_their_retention_in_bounded_batches(monkeypatch: Any) -> None:
    monkeypatch.setattr(services, "PRUNE_BATCH", 2)
    for days in (91, 92, 93, 10):
        make_alert(state="resolved", resolved_at=NOW - timedelta(days=days))
    make_alert(pending_at=NOW - timedelta(days=200))
    assert services.alert_prune(now=NOW.timestamp()) == 2
    assert services.alert_prune(now=NOW.timestamp()) == 1
    assert services.alert_prune(now=NOW.timestamp()) == 0
    assert Alert.objects.count() == 2


def test_a_host_gone_for_a_day_is_retired_and_its_alerts_end() -> None:
    gone = make_alert()
    pending = make_alert(rule="high_memory", state="pending", fired_at=None)
    here = make_alert(scope="web2")
    for rule, scope, hours in (("high_cpu", "web1", 25), ("high_memory", "web1", 25), ("high_cpu", "web2", 23)):
        since = NOW - timedelta(hours=hours)
        RuleStatus.objects.create(rule=rule, scope=scope, seen_at=since, no_data_since=since, reason="missing")
    services.alert_prune(now=NOW.timestamp())
    gone.refresh_from_db()
    here.refresh_from_db()
    assert (gone.state, gone.resolved_at) == ("resolved", NOW)
    assert [item.to_state for item in gone.transitions.all()] == ["resolved"]
    assert not Alert.objects.filter(pk=pending.pk).exists()
    assert here.state == "firing"
    assert [status.scope for status in RuleStatus.objects.all()] == ["web2"]


def test_rules_over_all_requests_are_never_retired() -> None:
    since = NOW - timedelta(days=30)
    RuleStatus.objects.create(rule="high_error_rate", seen_at=since, no_data_since=since, reason="too_few")
    services.alert_prune(now=NOW.timestamp())
    assert RuleStatus.objects.count() == 1
