"""The primary and its replicas: who serves reads, who does not and why, how late each is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from omniwriter.replicas.recorder import KIND
from omniwriter.replicas.servers import replica_aliases
from perfmon.exceptions import StoreUnavailable
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.series import TOTAL_KEY, Window
from perfmon.store import selectors

Windows = dict[str, Window]
MAX_SERVERS = 24
NOW_S = 4  # a process reports every second, and its report takes up to two


class ReplicasPanel(Panel):
    """A row for each server; figures of all processes together."""

    name = "replicas"
    pages = ("data",)
    template = "omniwriter/panels/replicas.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``servers``, the primary first, and the ``limit`` of the lag; raises StoreUnavailable."""
        over, now = readings.totals(query, KIND), _latest(query)
        aliases = _aliases(over)
        reads = sum(_count(over, alias, "reads") for alias in aliases)
        return {
            "servers": [_server(alias, over, now, reads) for alias in aliases],
            "limit": formats.phrase(formats.duration(settings.REPLICA_MAX_LAG_MS)),
        }

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Any) -> dict[str, Any]:
        """Add a row without figures, from which the browser makes one that appears later."""
        return {"blank": {"part": 0}}


def _latest(query: PageQuery) -> Windows:
    try:
        return selectors.latest(KIND, query.now, seconds=NOW_S)
    except StoreUnavailable:
        return {}


def _aliases(over: Windows) -> list[str]:
    """Return the servers of the settings and those that other processes measured; none without replicas."""
    measured = {key.partition("/")[0] for key in over if key != TOTAL_KEY}
    replicas = dict.fromkeys([*replica_aliases(), *sorted(measured - {DEFAULT_DB_ALIAS})])
    return [DEFAULT_DB_ALIAS, *replicas][:MAX_SERVERS] if replicas else []


def _server(alias: str, over: Windows, now: Windows, reads: int) -> dict[str, Any]:
    is_primary = alias == DEFAULT_DB_ALIAS
    count = _count(over, alias, "reads")
    share_pct = 100 * count / reads if reads else None
    lag, behind = over.get(f"{alias}/lag"), now.get(f"{alias}/behind")
    state, is_out = _state(alias, now)
    return {
        "name": alias,
        "role": _("primary") if is_primary else _("replica"),
        "state": _("takes all writes") if is_primary else state,
        "is_primary": is_primary,
        "is_out": is_out and not is_primary,
        "part": round(share_pct or 0, 1),
        "share": formats.phrase(formats.percent(share_pct)),
        "reads": formats.phrase(formats.count(count)),
        "lag": _ms(now.get(f"{alias}/lag")),
        "lag_peak": formats.phrase(formats.duration(None if lag is None else float(lag.max))),
        "behind": formats.phrase(formats.size(None if behind is None else behind.mean)),
        "evictions": formats.NOTHING if is_primary else formats.phrase(formats.count(_count(over, alias, "evictions"))),
    }


def _state(alias: str, now: Windows) -> tuple[str, bool]:
    """Say in words what the processes make of a replica now, and whether any leaves it out."""
    looks = now.get(f"{alias}/state")
    if looks is None or not looks.count:
        return _("nobody has looked at it lately"), False
    if not looks.errors:
        return _("serves reads"), False
    if looks.errors < looks.count:
        return _("some processes leave it out"), True
    return (_("does not answer") if looks.sum == looks.count else _("too far behind, or catching up")), True


def _count(windows: Windows, alias: str, gauge: str) -> int:
    window = windows.get(f"{alias}/{gauge}")
    return window.count if window is not None else 0


def _ms(window: Window | None) -> str:
    return formats.phrase(formats.duration(None if window is None else window.mean))
