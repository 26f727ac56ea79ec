"""Requests: duration, status, database and cache share per route template; called by the middleware.

This is the hot path. A finished request costs one clock read, one look-up by ``(method, route, status class)`` and a
dozen integer additions on an object only this thread writes to.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import lru_cache
from time import perf_counter_ns, thread_time_ns
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from perfmon import guard
from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.context import RequestTrace
from perfmon.ingest import local
from perfmon.loadtest.marks import MARK_KEY
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.recorders.loads import count_marked
from perfmon.recorders.queries import fold_queries
from perfmon.series import MAX_KEY_CHARS, OVERFLOW_KEY, SeriesKey, Window

UNMATCHED = "(unmatched)"  # one series for every path no route serves: their number is the attacker's to choose
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
MAX_QUEUE_NS = 600 * 10**9  # a longer wait is a foreign clock, not a queue
# Our own cost is processor time, of every 16th write: reading that clock takes 0.3 us, and wall time would count the
# waiting of a busy machine as ours.
OWN_COST_MASK = 31
OWN_URLS = ("dashboard", "dashboard_data", "metrics_ingest", "health")

RequestKey = tuple[str | None, str | None, int]  # method, route, status class

_UNTRACED = RequestTrace(0)  # of a request that asked no database and no cache
_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


class RequestSlot(Durations):
    """What one thread counted for one (method, route, status class) this second. Durations in nanoseconds."""

    __slots__ = (
        "cache_max_ns", "cache_misses", "cache_ns", "cache_reads", "count", "db_errors", "db_max_ns", "db_ns",
        "db_queries", "label", "own_ns", "own_samples", "queue", "status_class",
    )  # fmt: skip

    def __init__(self, label: str, status_class: int) -> None:
        super().__init__()
        self.label = label
        self.status_class = status_class
        self.count = self.own_ns = self.own_samples = 0
        self.db_queries = self.db_errors = self.db_ns = self.db_max_ns = 0
        self.cache_reads = self.cache_misses = self.cache_ns = self.cache_max_ns = 0
        self.queue: Window | None = None

    def add(self, duration_ns: int, trace: RequestTrace) -> None:
        """Count one request and what it did."""
        self.count += 1
        values = self.values
        values.append(duration_ns)
        if len(values) >= FOLD_AT:
            self.fold()
        if trace.db_queries:
            self.db_queries += trace.db_queries
            self.db_errors += trace.db_errors
            self.db_ns += trace.db_ns
            if trace.db_ns > self.db_max_ns:
                self.db_max_ns = trace.db_ns
        if trace.cache_reads:
            self.cache_reads += trace.cache_reads
            self.cache_misses += trace.cache_misses
            self.cache_ns += trace.cache_ns
            if trace.cache_ns > self.cache_max_ns:
                self.cache_max_ns = trace.cache_ns

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return this slot's share of the request, response, database, cache, queue and own-cost series."""
        label = self.label
        yield SeriesKey("request", label), self.window(self.count, self.count if self.status_class == 5 else 0)
        yield SeriesKey("response", f"{label} {self.status_class}xx"), Window(self.count)
        if self.own_samples:
            yield SeriesKey("self", "record"), Window(self.own_samples, 0, self.own_ns, 0)
        if self.db_queries:
            yield SeriesKey("request_db", label), Window(self.db_queries, self.db_errors, self.db_ns, self.db_max_ns)
        if self.cache_reads:
            reads, misses = self.cache_reads, self.cache_misses
            yield SeriesKey("request_cache", label), Window(reads, misses, self.cache_ns, self.cache_max_ns)
        if self.queue is not None:
            yield SeriesKey("queue", "http"), self.queue


class RequestRecorder:
    """Named in the settings so that a project can leave requests out; the middleware does the measuring."""

    installed = False

    def install(self) -> None:
        """Let the middleware measure."""
        RequestRecorder.installed = True

    def uninstall(self) -> None:
        """Let requests pass unmeasured."""
        RequestRecorder.installed = False


def finish(request: HttpRequest, status: int, trace: RequestTrace) -> int:
    """Count a finished request and return its duration in ns; a failure in here is counted, the response goes out.

    A load test's request is counted for its run too, and ``trace.told`` is then what its answer tells of it.
    """
    ended_ns = perf_counter_ns()
    try:
        match = request.resolver_match
        key = (request.method, match.route if match is not None else None, status // 100)
        shard = local.shard
        sampled_ns = 0 if shard.writes & OWN_COST_MASK else thread_time_ns()
        shard.writes += 1
        try:
            slot = shard.slots.get(key)
            if slot is None:
                slot = _new_slot(key)
            if trace.queries:
                fold_queries(shard, trace)
            slot.add(ended_ns - trace.started_ns, trace)  # type: ignore[attr-defined]
            meta = request.META
            queued = meta.get("perfmon.queued_ns") or meta.get("HTTP_X_REQUEST_START")
            waited_ns = _add_queue_wait(slot, queued, trace) if queued else None
            mark = meta.get(MARK_KEY)
            if mark:
                trace.told = count_marked(shard, mark, status, ended_ns - trace.started_ns, waited_ns)
            if sampled_ns:
                slot.own_ns += thread_time_ns() - sampled_ns  # type: ignore[attr-defined]
                slot.own_samples += 1  # type: ignore[attr-defined]
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("request", error)
    return ended_ns - trace.started_ns


def count_request(method: str | None, route: str | None, status: int, duration_ns: int) -> None:
    """Count a request of a route that a layer in front of Django answered in this thread; never raises."""
    try:
        key = (method, route, status // 100)
        shard = local.shard
        shard.writes += 1
        try:
            slot = shard.slots.get(key) or _new_slot(key)
            slot.add(duration_ns, _UNTRACED)  # type: ignore[attr-defined]
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("request", error)


def is_measured(path: str) -> bool:
    """Whether requests to a path are counted."""
    return RequestRecorder.installed and not path.startswith(ignored_prefixes())


def _new_slot(key: RequestKey) -> RequestSlot:
    """Make this second's slot of a key, which on a quiet site is every other request: its names are kept."""
    label, other, status_class = _names(key)
    return local.shard.slot(
        key,
        lambda: RequestSlot(label, status_class),
        (other, status_class),
        lambda: RequestSlot(other, status_class),
    )


@lru_cache(maxsize=2048)
def _names(key: RequestKey) -> tuple[str, str, int]:
    """Return a key's label, the label it shares past the limit, and its status class."""
    method, route, status_class = key
    method = method if method in METHODS else "OTHER"
    status_class = status_class if 1 <= status_class <= 5 else 5
    return f"{method} {route_label(route)}", f"{method} {OVERFLOW_KEY}", status_class


def route_label(route: str | None) -> str:
    """Return a URL pattern as people write it: ``articles/<slug:slug>/`` becomes ``/articles/<slug>/``."""
    if route is None:
        return UNMATCHED
    label = _CONVERTER.sub(r"<\1>", _GROUP.sub(r"<\1>", route))
    label = re.sub(r"[\^$]|\\[AZz]|\\(?=[./-])", "", label)
    return f"/{label.lstrip('/')}"[:MAX_KEY_CHARS]


def _add_queue_wait(slot: Any, queued: int | str, trace: RequestTrace) -> int | None:
    """Count how long the request waited before Django saw it, by our bridge's clock or by the proxy's header.

    Returns the ns counted, None when it could not be known.
    """
    wait_ns = trace.started_ns - queued if isinstance(queued, int) else _header_wait_ns(queued, trace)
    if wait_ns is None or not 0 <= wait_ns <= MAX_QUEUE_NS:
        return None
    if slot.queue is None:
        slot.queue = Window()
    slot.queue.add(wait_ns)
    return wait_ns


def _header_wait_ns(header: str, trace: RequestTrace) -> int | None:
    """Read ``X-Request-Start``: an optional ``t=`` and Unix time in s, ms, us or ns, told apart by its size."""
    try:
        at = float(header.removeprefix("t="))
    except ValueError:
        return None
    if not 0 < at < 1e20:
        return None
    while at > 1e11:  # past the year 5138 in seconds: a finer unit
        at /= 1000
    age_ns = perf_counter_ns() - trace.started_ns
    return int((time.time() - at) * 1e9) - age_ns


@lru_cache(maxsize=1)
def ignored_prefixes() -> tuple[str, ...]:
    """Return the path prefixes that are not measured: perfmon's own pages, static and media files, the settings'."""
    prefixes = list(get_config().ignore_paths)
    for name in OWN_URLS:
        try:
            prefixes.append(reverse(f"perfmon:{name}"))
        except NoReverseMatch:
            continue  # the project does not serve this one
    prefixes += [url for url in (settings.STATIC_URL, settings.MEDIA_URL) if url and url != "/" and url.startswith("/")]
    return tuple(prefixes)


on_config_change(ignored_prefixes.cache_clear)
