"""Requests: duration, status, database and cache share per route template; called by the middleware.

This is the hot path. A finished request costs one clock read, one look-up by ``(method, route, status class)`` and an
append or two to lists only this thread writes to; the flush counts what is in them.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from threading import get_ident
from time import perf_counter_ns, thread_time_ns
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from perfmon import guard
from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.context import RequestTrace
from perfmon.ingest import Shard, shards
from perfmon.loadtest.marks import MARK_KEY
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.recorders.loads import count_marked
from perfmon.recorders.queries import CallSlot, fold_queries
from perfmon.series import MAX_KEY_CHARS, OVERFLOW_KEY, SeriesKey, Window

UNMATCHED = "(unmatched)"  # one series for every path no route serves: their number is the attacker's to choose
QUEUED_KEY = "perfmon.queued_ns"  # our bridge's: ``perf_counter_ns`` when the request was whole
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})
MAX_QUEUE_NS = 600 * 10**9  # a longer wait is a foreign clock, not a queue
# Our own cost is processor time, of every 16th write: reading that clock takes 0.3 us, and wall time would count the
# waiting of a busy machine as ours.
OWN_COST_MASK = 31
OWN_URLS = ("dashboard", "dashboard_data", "metrics_ingest", "health")

RequestKey = tuple[str | None, str | None, int]  # method, route, status class

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


class RequestSlot(Durations):
    """What one thread counted for one (method, route, status class) this second. Durations in nanoseconds."""

    __slots__ = (
        "aliases", "cache_max_ns", "cache_misses", "cache_ns", "cache_reads", "count", "db_errors", "db_max_ns",
        "db_ns", "db_queries", "label", "own_ns", "own_samples", "queries", "queue", "status_class",
    )  # fmt: skip

    def __init__(self, label: str, status_class: int) -> None:
        super().__init__()
        self.label = label
        self.status_class = status_class
        self.count = self.own_ns = self.own_samples = 0
        self.db_queries = self.db_errors = self.db_ns = self.db_max_ns = 0
        self.cache_reads = self.cache_misses = self.cache_ns = self.cache_max_ns = 0
        self.aliases: dict[str, CallSlot] = {}
        self.queries: list[list[tuple[str, int]]] = []  # of requests that are not in the counters yet
        self.queue: Window | None = None

    def add(self, duration_ns: int) -> None:
        """Count one request."""
        values = self.values
        values.append(duration_ns)
        if len(values) >= FOLD_AT:
            self.fold()

    def keep_queries(self, trace: RequestTrace) -> None:
        """Keep one request's queries for the flush; what it began and left behind does not write where that reads."""
        self.queries.append(trace.queries)
        trace.queries = []

    def add_cache(self, reads: int, misses: int, total_ns: int) -> None:
        """Count the cache reads of one request."""
        self.cache_reads += reads
        self.cache_misses += misses
        self.cache_ns += total_ns
        self.cache_max_ns = max(self.cache_max_ns, total_ns)

    def add_queries(self, count: int, errors: int, total_ns: int) -> None:
        """Count the queries of one request."""
        self.db_queries += count
        self.db_errors += errors
        self.db_ns += total_ns
        self.db_max_ns = max(self.db_max_ns, total_ns)

    def fold(self) -> None:
        """Count the requests kept so far, and their queries by alias."""
        self.count += len(self.values)
        super().fold()
        by_alias: defaultdict[str, list[int]] = defaultdict(list)
        for queries in self.queries:
            total_ns = 0
            for alias, duration_ns in queries:
                total_ns += duration_ns
                by_alias[alias].append(duration_ns)
            self.add_queries(len(queries), 0, total_ns)
        self.queries.clear()
        for alias, durations_ns in by_alias.items():
            slot = self.aliases.setdefault(alias, CallSlot("query", alias))
            slot.values += durations_ns
            slot.count += len(durations_ns)
            slot.fold()

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return this slot's share of the request, response, database, cache, queue and own-cost series."""
        label = self.label
        self.fold()
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
        for slot in self.aliases.values():
            yield from slot.series()


class RequestRecorder:
    """Named in the settings so that a project can leave requests out; the middleware does the measuring."""

    installed = False

    def install(self) -> None:
        """Let the middleware measure."""
        RequestRecorder.installed = True

    def uninstall(self) -> None:
        """Let requests pass unmeasured."""
        RequestRecorder.installed = False


def begin(environ: Mapping[str, Any], muted: bool) -> RequestTrace:
    """Return the trace of a request that begins now, with what its environ says that counts at its end."""
    trace = RequestTrace(perf_counter_ns(), muted, environ)
    queued, mark = environ.get(QUEUED_KEY) or environ.get("HTTP_X_REQUEST_START"), environ.get(MARK_KEY)
    if queued or mark:
        trace.noted, trace.queued, trace.mark = True, queued or "", mark or ""
    return trace


def finish(request: HttpRequest, status: int, trace: RequestTrace) -> int:
    """Count a finished request and return its duration in ns; a failure in here is counted, the response goes out.

    A load test's request is counted for its run too, and ``trace.told`` is then what its answer tells of it.
    """
    duration_ns = perf_counter_ns() - trace.started_ns
    try:
        match = request.resolver_match
        key = (request.method, match.route if match is not None else None, status // 100)
        shard = shards[get_ident()]
        sampled_ns = 0 if shard.writes & OWN_COST_MASK else thread_time_ns()
        shard.writes += 1
        try:
            slot: RequestSlot = shard.slots.get(key) or _new_slot(key)  # type: ignore[assignment]
            slot.add(duration_ns)
            if trace.noted:
                _add_noted(shard, slot, status, duration_ns, trace)
            elif trace.queries:
                slot.keep_queries(trace)
            if sampled_ns:
                slot.own_ns += thread_time_ns() - sampled_ns
                slot.own_samples += 1
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("request", error)
    return duration_ns


def _add_noted(shard: Shard, slot: RequestSlot, status: int, duration_ns: int, trace: RequestTrace) -> None:
    """Count what not every request has: cache reads, queries that failed or were very many, a wait, a run's mark."""
    if trace.db_queries:
        fold_queries(shard, trace)
        slot.add_queries(trace.db_queries, trace.db_errors, trace.db_ns)
    elif trace.queries:
        slot.keep_queries(trace)
    if trace.cache_reads:
        slot.add_cache(trace.cache_reads, trace.cache_misses, trace.cache_ns)
    waited_ns = _add_queue_wait(slot, trace) if trace.queued else None
    if trace.mark:
        trace.told = count_marked(shard, trace.mark, status, duration_ns, waited_ns)


def count_request(method: str | None, route: str | None, status: int, duration_ns: int) -> None:
    """Count a request of a route that a layer in front of Django answered in this thread; never raises."""
    try:
        key = (method, route, status // 100)
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            slot: RequestSlot = shard.slots.get(key) or _new_slot(key)  # type: ignore[assignment]
            slot.add(duration_ns)
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
    return shards[get_ident()].slot(
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


def _add_queue_wait(slot: RequestSlot, trace: RequestTrace) -> int | None:
    """Count how long the request waited before Django saw it, by our bridge's clock or by the proxy's header.

    Returns the ns counted, None when it could not be known.
    """
    queued = trace.queued
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
