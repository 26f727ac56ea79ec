"""The only reader of alerts, each list in one query."""

from __future__ import annotations

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When

from perfmon.alerts.models import Alert, RuleStatus
from perfmon.alerts.rules import FIRING_STATES, Severity, State

PAST_LIMIT = 50
MAX_LISTED = 200


def active_alerts() -> list[Alert]:
    """Open alerts: those that fire before those pending, critical before warning, then the newest first.

    A warning is left out while the critical alert of the same rule and scope fires; its own state goes on meanwhile.
    """
    louder = Alert.objects.filter(
        rule=OuterRef("rule"), scope=OuterRef("scope"), severity=Severity.CRITICAL, state__in=FIRING_STATES
    )
    muted_warning = Exists(louder.exclude(severity=OuterRef("severity")))
    found = _open().filter(~muted_warning).select_related("acknowledged_by")
    return list(found.order_by(_rank("state", State.PENDING), _urgency(), "-pending_at", "pk")[:MAX_LISTED])


def past_alerts(limit: int = PAST_LIMIT) -> list[Alert]:
    """Ended alerts, the newest end first."""
    ended = Alert.objects.filter(resolved_at__isnull=False).select_related("acknowledged_by")
    return list(ended.order_by("-resolved_at", "-pk")[: max(0, limit)])


def last_alerts(limit: int = 10) -> list[Alert]:
    """Alerts that fired: those still open first, so that no number of ended ones pushes them out of the list."""
    firing = [alert for alert in active_alerts() if alert.is_firing][:limit]
    return firing + past_alerts(limit - len(firing))


def rules_without_data() -> list[RuleStatus]:
    """Rules that can't be judged now, by rule and scope; each says since when and why."""
    return list(RuleStatus.objects.filter(no_data_since__isnull=False).order_by("rule", "scope")[:MAX_LISTED])


def _open() -> QuerySet[Alert]:
    return Alert.objects.filter(resolved_at__isnull=True)


def _rank(field: str, last: str) -> Case:
    return Case(When(**{field: last}, then=Value(1)), default=Value(0), output_field=IntegerField())


def _urgency() -> Case:
    return _rank("severity", Severity.WARNING)
