"""The status line: whether what is shown is live, from how many servers, and at what cost."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from perfmon.conf import get_config
from perfmon.exceptions import StoreUnavailable
from perfmon.panels import readings
from perfmon.panels.base import PageQuery
from perfmon.panels.cost import cost_text
from perfmon.panels.hosts import host_names
from perfmon.store.ranges import RANGES
from perfmon.store.rollups import last_minute

STALE_AFTER_S = 15
MINUTE_S = 60


def status_of(query: PageQuery) -> dict[str, Any]:
    """Return ``state`` (live, stale, empty), since when (ISO) and why, and the line's texts; never StoreUnavailable."""
    line: dict[str, Any] = {"release": get_config().release, "servers": "", "cost": "", "since": "", "why": ""}
    try:
        servers = len(host_names(readings.latest(query, "host")))
        line["servers"] = ngettext("%(count)d server", "%(count)d servers", servers) % {"count": servers}
        line["cost"] = cost_text(query)
        newest = _newest_second(query)
    except StoreUnavailable:
        why = _("the store of measurements can't be reached. Pages answer as before; recording resumes by itself.")
        return line | {"state": "stale", "since": _iso(_newest_minute()), "why": why}
    if newest is not None and newest >= query.now - STALE_AFTER_S:
        return line | {"state": "live"}
    newest = newest or _newest_minute()
    if newest is None:
        why = _("Open the site, or start the collector: manage.py collect")
        return line | {"state": "empty", "why": why}
    why = _("no measurements arrive. Is the collector running? Start it: manage.py collect")
    return line | {"state": "stale", "since": _iso(newest), "why": why}


def _newest_second(query: PageQuery) -> int | None:
    """Return when something was last measured in the newest five minutes (Unix s), to the step."""
    recent = PageQuery(query.page, RANGES["5m"], now=query.now)
    points = readings.timeline(recent, "self", "flush")["flush"]
    found = [point.start for point in points if point.window is not None]
    return min(int(query.now), found[-1] + recent.range.step_s) if found else None


def _newest_minute() -> int | None:
    minute = last_minute()
    return None if minute is None else minute + MINUTE_S


def _iso(at: int | None) -> str:
    return "" if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
