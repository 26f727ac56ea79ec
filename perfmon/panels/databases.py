"""Databases: each alias' share of the queries, and how full its pool of connections is."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.utils.translation import gettext as _

from perfmon.conf import get_budgets
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.series import TOTAL_KEY, Window

MAX_ALIASES = 24


class DatabasesPanel(Panel):
    """A row for each alias: queries, and its pool as each process has one of its own."""

    name = "databases"
    pages = ("data",)
    template = "perfmon/panels/databases.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``databases``, those of the settings first, and whether any is ``pooled``; raises StoreUnavailable."""
        queries = readings.totals(query, "query")
        names = list(dict.fromkeys([*connections, *sorted(queries.keys() - {TOTAL_KEY})]))[:MAX_ALIASES]
        pooled = any(has_pool(name) for name in names)
        return {"databases": [{**_database(name, query), "pooled": pooled} for name in names], "pooled": pooled}


def has_pool(alias: str) -> bool:
    """Tell whether the settings give a database a pool of connections."""
    return alias in connections.settings and bool(connections.settings[alias].get("OPTIONS", {}).get("pool"))


def _database(alias: str, query: PageQuery) -> dict[str, Any]:
    window, whole = readings.total(query, "query", alias), readings.total(query, "query")
    share_pct = 100 * window.count / whole.count if whole.count else None
    return {
        "name": alias,
        "about": _about(alias),
        "part": round(share_pct or 0, 1),
        "share": formats.phrase(formats.percent(share_pct)),
        "queries": formats.phrase(formats.rate(window.count / readings.covered_s(query))),
        "p95": formats.phrase(formats.duration(readings.latency_ms(window, 95))),
        "failed": formats.phrase(formats.count(window.errors)),
        **_pool(alias, query),
    }


def _about(alias: str) -> str:
    if alias not in connections.settings:
        return _("not in these settings")
    name = connections[alias].display_name
    if has_pool(alias):
        return _("%(database)s, pooled") % {"database": name}
    if connections[alias].vendor == "sqlite":
        return _("%(database)s needs no pool: a connection is an open file") % {"database": name}
    return _("%(database)s without a pool: each thread has its own connection") % {"database": name}


def _pool(alias: str, query: PageQuery) -> dict[str, Any]:
    """Return the cells of the pool, all dashes where there is none; counts are those of one process."""
    waits, gauges = readings.total(query, "pool", alias), readings.totals(query, "pool_gauge")
    in_use, size, limit = (gauges.get(f"{alias}/{name}") for name in ("in_use", "size", "limit"))
    wait_ms = readings.latency_ms(waits, 95)
    taken = waits.count / readings.covered_s(query) if waits.count or in_use else None
    return {
        "no_pool": in_use is None and not waits.count,
        "in_use": _mean_and_peak(in_use),
        "open": _of_limit(size, limit),
        "taken": formats.phrase(formats.rate(taken)),
        "wait": formats.phrase(formats.duration(wait_ms)),
        "wait_over": wait_ms is not None and wait_ms > get_budgets().alert_pool_wait_ms,
        "refused": formats.phrase(formats.count(waits.errors if taken is not None else None)),
        "refused_over": bool(waits.errors),
    }


def _mean_and_peak(window: Window | None) -> str:
    if window is None or window.mean is None:
        return formats.NOTHING
    return _("%(mean)s, peak %(peak)s") % {
        "mean": formats.phrase(formats.plain(window.mean)),
        "peak": formats.phrase(formats.count(window.max)),
    }


def _of_limit(size: Window | None, limit: Window | None) -> str:
    if size is None or size.mean is None or limit is None:
        return formats.NOTHING
    return _("%(open)s of %(limit)s") % {
        "open": formats.phrase(formats.plain(size.mean)),
        "limit": formats.phrase(formats.count(limit.max)),
    }
