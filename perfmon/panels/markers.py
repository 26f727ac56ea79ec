"""What stands on every time axis besides figures: alerts that began to fire, and load tests as bands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from perfmon.alerts.models import Alert
from perfmon.loadtest.runs import runs_between

MAX_MARKERS = 20  # of a source

Source = Callable[[datetime, datetime], list[dict[str, Any]]]


def alert_markers(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return the alerts that began to fire within the span, the newest kept."""
    fired = Alert.objects.filter(Q(fired_at__gte=start) & Q(fired_at__lt=end)).order_by("-fired_at")[:MAX_MARKERS]
    return [
        {"at": int(alert.fired_at.timestamp()), "label": alert.label, "level": alert.severity}
        for alert in fired
        if alert.fired_at is not None
    ]


def run_markers(start: datetime, end: datetime) -> list[dict[str, Any]]:
    """Return the load tests that were on within the span."""
    return [
        {
            "at": int(run.started_at.timestamp()),
            "until": None if run.ended_at is None else int(run.ended_at.timestamp()),
            "label": _("load test %(profile)s") % {"profile": run.profile_name},
            "level": "load",
        }
        for run in runs_between(start, end)[:MAX_MARKERS]
        if run.started_at is not None
    ]


ALERTS: tuple[Source, ...] = (alert_markers,)
SOURCES: tuple[Source, ...] = (*ALERTS, run_markers)


def markers_of(start: int, end: int, sources: tuple[Source, ...] = SOURCES) -> list[dict[str, Any]]:
    """Return ``at`` (Unix s), ``label`` and ``level`` of each, and ``until`` of a band: null while it lasts."""
    span = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
    return [marker for source in sources for marker in source(*span)]
