"""Caches: each alias' key figures, and which groups of keys are read and found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.core.cache import caches
from django.utils.translation import gettext as _

from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.keyfigures import KeyFigure, events, figure_of, gauge, gauge_rate, hits, latency, rate
from perfmon.series import NS_PER_MS, TOTAL_KEY, Window

MAX_ALIASES = 12
MAX_GROUPS = 40
MIB = 1 << 20


class CachesPanel(Panel):
    """A strip of figures for each alias; one that nobody used in the range says so in a line."""

    name = "caches"
    pages = ("data",)
    template = "perfmon/panels/caches.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``caches`` with their ``figures`` (none for an unused one), and ``used``; raises StoreUnavailable."""
        found = [_cache(alias, query) for alias in aliases(query)]
        return {"caches": found, "used": any(cache["figures"] for cache in found)}

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add a cache without figures, from which the browser makes one that appears later."""
        return {"blank": {"figures": []}, "time": formats.RANGE_WORDS[query.range.name]}


class CacheGroupsPanel(Panel):
    """The groups of keys that were read most: how many reads, and how many of them found something."""

    name = "cache_groups"
    pages = ("data",)
    template = "perfmon/panels/cache_groups.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``groups``, those read most first, and ``others`` in a sentence; raises StoreUnavailable."""
        windows = readings.totals(query, "cache_group")
        keys = sorted(windows, key=lambda key: (-windows[key].count, key))
        seconds = readings.covered_s(query)
        return {
            "groups": [_group(key, windows[key], seconds) for key in keys[:MAX_GROUPS]],
            "others": _others([windows[key] for key in keys[MAX_GROUPS:]]),
        }


def aliases(query: PageQuery) -> list[str]:
    """Return the aliases of the settings in their order, then those that only measurements know."""
    measured = readings.totals(query, "cache").keys() | readings.totals(query, "cache_error").keys()
    return list(dict.fromkeys([*caches, *sorted(measured - {TOTAL_KEY})]))[:MAX_ALIASES]


def _cache(alias: str, query: PageQuery) -> dict[str, Any]:
    backend = caches.settings[alias]["BACKEND"].rpartition(".")[2] if alias in caches else ""
    server = readings.totals(query, "cache_server")
    kinds = ("cache", "cache_write", "cache_error")
    used = f"{alias}/used" in server or any(readings.total(query, kind, alias).count for kind in kinds)
    notes = {
        "reads": _writes(alias, query),
        "time": _median(alias, query),
        "memory": _limit(server.get(f"{alias}/used"), server.get(f"{alias}/limit")),
        "evictions": _expired(server.get(f"{alias}/expired")),
    }
    figures = [figure_of(spec, query, notes.get(spec.name, "")) for spec in _specs(alias)] if used else []
    return {"name": alias, "backend": backend, "figures": figures}


def _specs(alias: str) -> Iterable[KeyFigure]:
    say = formats
    yield KeyFigure(
        "hits", _("Hits"), "cache", alias, hits, say.percent, 1, "cache_hit_target_pct", higher_is_better=True
    )
    yield KeyFigure("reads", _("Reads"), "cache", alias, rate, say.rate, 0.1, higher_is_better=True, neutral=True)
    yield KeyFigure("time", _("Time to read, p95"), "cache", alias, partial(latency, 95), say.duration, 0.1)
    yield KeyFigure("errors", _("Failed calls"), "cache_error", alias, events, say.count, 1, basis="cache")
    yield KeyFigure(
        "memory", _("Memory of its server"), "cache_server", f"{alias}/used", gauge, say.size, MIB, neutral=True
    )
    yield KeyFigure("evictions", _("Evictions"), "cache_server", f"{alias}/evicted", gauge_rate, say.rate, 0.1)


def _writes(alias: str, query: PageQuery) -> str:
    writes = readings.total(query, "cache_write", alias).count / readings.covered_s(query)
    return _("%(rate)s writes") % {"rate": formats.phrase(formats.rate(writes))}


def _median(alias: str, query: PageQuery) -> str:
    median = formats.duration(readings.latency_ms(readings.total(query, "cache", alias), 50))
    return f"p50 {formats.phrase(median)}"


def _limit(used: Window | None, limit: Window | None) -> str:
    if used is None:
        return _("tells nothing of itself")
    peak = formats.phrase(formats.size(used.max))
    if limit is None or not limit.max:
        return _("peak %(peak)s, no limit set") % {"peak": peak}
    return _("peak %(peak)s of %(limit)s") % {"peak": peak, "limit": formats.phrase(formats.size(limit.max))}


def _expired(expired: Window | None) -> str:
    if expired is None or expired.mean is None:
        return ""
    return _("%(rate)s expired") % {"rate": formats.phrase(formats.rate(expired.mean / 1000))}


def _group(key: str, window: Window, seconds: float) -> dict[str, Any]:
    alias, _slash, group = key.partition("/")
    hit_pct = readings.hit_pct(window)
    mean = None if window.mean is None else window.mean / NS_PER_MS
    return {
        "key": key,
        "alias": alias,
        "group": group,
        "part": 0 if hit_pct is None else round(hit_pct, 1),
        "hits": formats.phrase(formats.percent(hit_pct)),
        "reads": formats.phrase(formats.count(window.count)),
        "rate": formats.phrase(formats.rate(window.count / seconds)),
        "misses": formats.phrase(formats.count(window.errors)),
        "mean": formats.phrase(formats.duration(mean)),
        "p95": formats.phrase(formats.duration(readings.latency_ms(window, 95))),
    }


def _others(windows: list[Window]) -> str:
    if not windows:
        return ""
    reads, misses = sum(window.count for window in windows), sum(window.errors for window in windows)
    return _("%(groups)d more groups with %(reads)s reads together, %(hits)s of them hits") % {
        "groups": len(windows),
        "reads": formats.phrase(formats.count(reads)),
        "hits": formats.phrase(formats.percent(readings.hit_pct(Window(reads, misses)))),
    }
