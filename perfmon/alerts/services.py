"""The only writer of alerts. A change of state is an ``UPDATE ... WHERE state = <the old one>``: one writer wins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from perfmon.alerts.models import Alert, AlertTransition, RuleStatus
from perfmon.alerts.rules import OPEN_STATES, Incident, Rule, State, Transition, has_data
from perfmon.conf import get_budgets

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser

    from perfmon.alerts.readings import Evaluation

DAY_S = 86_400
SEEN_EVERY_S = 60
RETIRE_AFTER_S = DAY_S
PRUNE_BATCH = 500


def alert_acknowledge(*, alert_id: int, user: AbstractBaseUser) -> Alert:
    """Note that somebody saw the alert; the first one stays. Raises Alert.DoesNotExist."""
    unseen = Alert.objects.filter(pk=alert_id, acknowledged_at__isnull=True)
    unseen.update(acknowledged_at=timezone.now(), acknowledged_by=user)
    return Alert.objects.select_related("acknowledged_by").get(pk=alert_id)


def alert_open(*, rule: Rule, scope: str, incident: Incident, transition: Transition) -> Alert | None:
    """Store a new incident, or None when another engine has just done so."""
    alert = Alert(
        rule=rule.name,
        severity=rule.severity,
        scope=scope,
        limit=rule.raise_above,
        unit=rule.unit,
        window_s=rule.window_s,
        **_columns(incident),
    )
    try:
        with transaction.atomic():
            alert.save(force_insert=True)
            _log(alert, transition)
    except IntegrityError:
        return None
    return alert


def alert_move(*, alert: Alert, incident: Incident, transition: Transition) -> Alert | None:
    """Change an alert's state and log it, or None when another engine was first."""
    with transaction.atomic():
        columns = _columns(incident)
        if not Alert.objects.filter(pk=alert.pk, state=transition.old).update(**columns):
            return None
        for name, value in columns.items():
            setattr(alert, name, value)
        _log(alert, transition)
    return alert


def alert_drop(*, alert: Alert) -> None:
    """Delete a pending alert whose figure fell before it could fire; nobody was told of it."""
    Alert.objects.filter(pk=alert.pk, state=State.PENDING).delete()


def alert_refresh(*, alert: Alert, incident: Incident) -> None:
    """Write an open alert's newest figure; its state is untouched."""
    columns = _columns(incident)
    kept = {name: columns[name] for name in ("value", "peak", "evaluated_at")}
    Alert.objects.filter(pk=alert.pk, state=alert.state).update(**kept)


def incident_of(alert: Alert) -> Incident:
    """The state machine's memory, as the row keeps it."""
    return Incident(
        state=State(alert.state),
        pending_at=alert.pending_at.timestamp(),
        fired_at=_seconds(alert.fired_at),
        held_at=_seconds(alert.held_at),
        resolved_at=_seconds(alert.resolved_at),
        evaluated_at=alert.evaluated_at.timestamp(),
        value=alert.value,
        peak=alert.peak,
    )


def rule_statuses_update(
    *, evaluations: Iterable[Evaluation], statuses: Mapping[tuple[str, str], RuleStatus], now: float
) -> None:
    """Note which rules have data and since when others have none; writes nothing while that stays as it is.

    ``seen_at`` is brought up to date once a minute, in the same single statement.
    """
    changed: dict[tuple[str, str], RuleStatus] = {}
    for rule, scope, reading in evaluations:
        key = (rule.name, scope)
        status = statuses.get(key) or RuleStatus(rule=rule.name, scope=scope, seen_at=_moment(0))
        if has_data(rule, reading):
            stale = now - status.seen_at.timestamp() >= SEEN_EVERY_S
            if stale or status.no_data_since:
                status.seen_at, status.no_data_since, status.reason = _moment(now), None, ""
                changed[key] = status
        elif status.no_data_since is None:
            status.no_data_since = _moment(now if reading.count else now - rule.window_s)
            status.reason = "too_few" if rule.min_count > 1 else "missing"
            changed[key] = status
    RuleStatus.objects.bulk_create(
        changed.values(),
        update_conflicts=True,
        unique_fields=["rule", "scope"],
        update_fields=["seen_at", "no_data_since", "reason"],
    )


def alert_prune(*, now: float) -> int:
    """Delete a bounded batch of alerts past their retention, and retire hosts gone for a day; returns rows deleted.

    A host that has sent nothing for ``RETIRE_AFTER_S`` is gone for good: its open alerts end and its status goes.
    """
    gone = RuleStatus.objects.filter(no_data_since__lt=_moment(now - RETIRE_AFTER_S)).exclude(scope="")
    of_gone = Exists(gone.filter(rule=OuterRef("rule"), scope=OuterRef("scope")))
    for alert in Alert.objects.filter(of_gone, state__in=OPEN_STATES)[:PRUNE_BATCH]:
        _end(alert, now)
    retired, _by_model = gone.delete()
    expired = Alert.objects.filter(resolved_at__lt=_moment(now - get_budgets().keep_minute_days * DAY_S))
    batch = list(expired.order_by("resolved_at").values_list("pk", flat=True)[:PRUNE_BATCH])
    deleted, _by_model = Alert.objects.filter(pk__in=batch).delete()
    return retired + deleted


def _end(alert: Alert, now: float) -> None:
    if alert.state == State.PENDING:
        alert_drop(alert=alert)
        return
    with transaction.atomic():
        ended = Alert.objects.filter(pk=alert.pk, state=alert.state)
        if ended.update(state=State.RESOLVED, resolved_at=_moment(now)):
            _log(alert, Transition(State(alert.state), State.RESOLVED, now, alert.value))


def _log(alert: Alert, transition: Transition) -> None:
    AlertTransition.objects.create(
        alert=alert,
        from_state=transition.old,
        to_state=transition.new,
        at=_moment(transition.at),
        value=transition.value,
    )


def _columns(incident: Incident) -> dict[str, object]:
    return {
        "state": incident.state,
        "pending_at": _moment(incident.pending_at),
        "fired_at": _optional(incident.fired_at),
        "held_at": _optional(incident.held_at),
        "resolved_at": _optional(incident.resolved_at),
        "evaluated_at": _moment(incident.evaluated_at),
        "value": incident.value,
        "peak": incident.peak,
    }


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _optional(seconds: float | None) -> datetime | None:
    return None if seconds is None else _moment(seconds)


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
