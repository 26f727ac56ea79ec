"""One evaluation of every rule: read, step, persist. Run every few seconds by the collector that leads.

It remembers nothing itself: open incidents and rule statuses are read from their rows each time, so a second engine
goes on where the first one stopped, and two at once can't write a change twice.
"""

from __future__ import annotations

from django.db import router

from perfmon.alerts import services
from perfmon.alerts.models import Alert, RuleStatus
from perfmon.alerts.readings import Evaluation, read_all
from perfmon.alerts.rules import Incident, State, has_data, step
from perfmon.conf import get_budgets
from perfmon.context import muted
from perfmon.exceptions import StoreUnavailable
from perfmon.guard import count_failure

EVALUATE_EVERY_S = 5
_Key = tuple[str, str, str]


def evaluate(now: float) -> list[Alert]:
    """Evaluate every rule at ``now`` (Unix s) and return the alerts whose state changed.

    A store that can't be read changes no state and is counted as a failure.
    """
    now = round(now, 6)  # what the database keeps
    with muted():
        using = router.db_for_write(Alert)  # a replica may not know yet what the last evaluation has written
        found = Alert.objects.using(using).filter(resolved_at__isnull=True)
        open_alerts = {_key_of(alert): alert for alert in found}
        statuses = {(status.rule, status.scope): status for status in RuleStatus.objects.using(using)}
        known = {(rule, scope) for rule, _severity, scope in open_alerts} | set(statuses)
        try:
            evaluations = read_all(get_budgets(), known, now)
        except StoreUnavailable as error:
            count_failure("alerts", error)
            return []
        services.rule_statuses_update(evaluations=evaluations, statuses=statuses, now=now)
        changed = (
            _judge(item, open_alerts.get((item.rule.name, item.rule.severity, item.scope)), now) for item in evaluations
        )
        return [alert for alert in changed if alert is not None]


def _judge(item: Evaluation, alert: Alert | None, now: float) -> Alert | None:
    """Step one rule in one scope and persist what came of it; None when its state stays or another engine was first."""
    rule, scope, reading = item
    if not has_data(rule, reading):
        return None
    before = Incident() if alert is None else services.incident_of(alert)
    after, transition = step(rule, before, reading, now)
    if alert is None:
        return (
            services.alert_open(rule=rule, scope=scope, incident=after, transition=transition) if transition else None
        )
    if transition is None:
        services.alert_refresh(alert=alert, incident=after)
        return None
    if transition.new == State.INACTIVE:
        services.alert_drop(alert=alert)
        return None
    return services.alert_move(alert=alert, incident=after, transition=transition)


def _key_of(alert: Alert) -> _Key:
    return alert.rule, alert.severity, alert.scope
