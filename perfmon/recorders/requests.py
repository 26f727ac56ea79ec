"""Requests: duration, status, database and cache share per route template; called by the middleware.

This is the hot path. A finished request costs one clock read and an append; the flush counts it, where the processor's
caches are warm for that. On a quiet site nearly every request is the first of its kind in its second, and to make what
it is counted in took it more than 40 us.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from threading import current_thread, get_ident
from time import perf_counter_ns, thread_time_ns
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from perfmon import guard
from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change
from perfmon.context import RequestTrace
from perfmon.ingest import Shard, ingest, shards, uncounted
from perfmon.loadtest.marks import MARK_KEY, read_mark
from perfmon.recorders.cache import Read, count_reads, count_reads_early
from perfmon.recorders.loads import add_load, timing_text
from perfmon.recorders.queries import LATE, count_queries, count_queries_early
from perfmon.recorders.request_slots import RequestSlot, request_slot
from perfmon.series import SeriesKey, Window

QUEUED_KEY = "perfmon.queued_ns"  # our bridge's: ``perf_counter_ns`` when the request was whole
MAX_QUEUE_NS = 600 * 10**9  # a longer wait is a foreign clock, not a queue
#: So many wait for the flush at most (some more while threads count them); it bounds the memory.
MAX_UNCOUNTED = 1024
# Our own cost is processor time, of every 32nd request: reading that clock takes 0.3 us, and wall time would count the
# waiting of a busy machine as ours.
SAMPLE_MASK = 31
OWN_URLS = ("dashboard", "dashboard_data", "metrics_ingest", "health")

#: What not every request has: queries counted before its end, failed, ns; cache reads so counted, misses, ns; the reads
#: that were not; and the series key of a load test's.
Noted = tuple[int, int, int, int, int, int, list[Read], str]
#: What a request leaves for the flush: method, route, status, duration, queries, wait and own cost in ns (0: unknown),
#: and what is noted of it.
Uncounted = tuple[str | None, str | None, int, int, list[tuple[str, int]], int, int, Noted | None]


class RequestRecorder:
    """Named in the settings so that a project can leave requests out; the middleware does the measuring."""

    installed = False

    def install(self) -> None:
        """Let the middleware measure."""
        RequestRecorder.installed = True

    def uninstall(self) -> None:
        """Let requests pass unmeasured."""
        RequestRecorder.installed = False

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Count what requests left for the flush."""
        shard = Shard(current_thread(), get_ident())
        _count_uncounted(shard)
        for slot in shard.drain():
            yield from slot.series()


def begin(environ: Mapping[str, Any], is_muted: bool) -> RequestTrace:
    """Return the trace of a request that begins now, with what its environ says that counts at its end."""
    trace = RequestTrace()
    trace.started_ns = perf_counter_ns()
    trace.environ = environ
    if is_muted:
        trace.muted = trace.noted = True
        return trace
    trace.queries = []
    queued, mark = environ.get(QUEUED_KEY) or environ.get("HTTP_X_REQUEST_START"), environ.get(MARK_KEY)
    if queued:
        trace.waited_ns = _waited_ns(queued, trace.started_ns)
    if mark:
        trace.mark, trace.noted = mark, True
    return trace


def finish(request: HttpRequest, status: int, trace: RequestTrace) -> int:
    """Take down a finished request and return its duration in ns; a failure in here is counted, the response goes out.

    A load test's request is counted for its run too, and ``trace.told`` is then what its answer tells of it.
    """
    duration_ns = perf_counter_ns() - trace.started_ns
    try:
        sampled_ns = 0 if len(uncounted) & SAMPLE_MASK else thread_time_ns()
        match = request.resolver_match
        route = match.route if match is not None else None
        queries = trace.queries
        trace.queries = LATE  # what it left running does not write where the flush reads
        noted = _noted(trace, duration_ns) if trace.noted else None
        own_ns = thread_time_ns() - sampled_ns if sampled_ns else 0
        uncounted.append((request.method, route, status, duration_ns, queries, trace.waited_ns, own_ns, noted))
        if sampled_ns:
            _relieve()
    except Exception as error:
        guard.count_failure("request", error)
    return duration_ns


def count_so_far(trace: RequestTrace) -> None:
    """Count the queries and reads of a request whose end may be an hour away; never raises."""
    if trace.queries:
        count_queries_early(trace)
    if trace.reads:
        count_reads_early(trace)


def _noted(trace: RequestTrace, duration_ns: int) -> Noted:
    """Return what the flush does not find elsewhere, and tell a load test's answer what will be counted of it."""
    run = read_mark(trace.mark) if trace.mark else ""
    if run:
        trace.told = timing_text(duration_ns, trace.waited_ns or None)
    counted = trace.cache_reads, trace.cache_misses, trace.cache_ns
    reads, trace.reads = trace.reads or [], None  # they are the flush's now
    return trace.db_queries, trace.db_errors, trace.db_ns, *counted, reads, run


def count_request(method: str | None, route: str | None, status: int, duration_ns: int) -> None:
    """Count a request of a route that a layer in front of Django answered; never raises."""
    is_due = not len(uncounted) & SAMPLE_MASK
    uncounted.append((method, route, status, duration_ns, [], 0, 0, None))
    if is_due:
        _relieve()


def _relieve() -> None:
    """See that somebody counts: the flush, or this thread when the flush does not keep up; never raises."""
    try:
        ingest.start()
        if len(uncounted) < MAX_UNCOUNTED:
            return
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            _count_uncounted(shard)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("request", error)


def _count_uncounted(shard: Shard) -> None:
    """Count in a shard what is waiting now; others may be taking from it at the same time."""
    for _ in range(len(uncounted)):
        try:
            ended: Uncounted = uncounted.popleft()
        except IndexError:  # they were faster
            return
        try:
            _count(shard, ended)
        except Exception as error:
            guard.count_failure("request", error)


def _count(shard: Shard, ended: Uncounted) -> None:
    """Count one request in the shard."""
    method, route, status, duration_ns, queries, waited_ns, own_ns, noted = ended
    slot = request_slot(shard, (method, route, status // 100))
    slot.add(duration_ns)
    if waited_ns:
        slot.add_wait(waited_ns)
    if own_ns:
        slot.add_own_cost(own_ns)
    if noted is not None:
        _count_noted(shard, slot, ended, noted)
    elif queries:
        slot.queries.append(queries)


def _count_noted(shard: Shard, slot: RequestSlot, ended: Uncounted, noted: Noted) -> None:
    """Count one request's cache reads and queries, and that it was a load test's."""
    _, _, status, duration_ns, queries, waited_ns, _, _ = ended
    db_queries, db_errors, db_ns, cache_reads, cache_misses, cache_ns, reads, run = noted
    if db_queries:
        db_ns += count_queries(shard, queries)
        slot.add_queries(db_queries + len(queries), db_errors, db_ns)
    elif queries:
        slot.queries.append(queries)
    if reads or cache_reads:
        keys, misses, total_ns = count_reads(shard, reads)
        slot.add_cache(cache_reads + keys, cache_misses + misses, cache_ns + total_ns)
    if run:
        add_load(shard, run, status, duration_ns, waited_ns or None)


def is_measured(path: str) -> bool:
    """Whether requests to a path are counted."""
    return RequestRecorder.installed and not path.startswith(ignored_prefixes())


def _waited_ns(queued: Any, now_ns: int) -> int:
    """Return how long a request waited before Django saw it, by our bridge's clock or by the proxy's header.

    0 when it could not be known, so that no wait is less than 1.
    """
    wait_ns = now_ns - queued if isinstance(queued, int) else _header_wait_ns(queued)
    return max(1, wait_ns) if 0 <= wait_ns <= MAX_QUEUE_NS else 0


def _header_wait_ns(header: str) -> int:
    """Read ``X-Request-Start``: an optional ``t=`` and Unix time in s, ms, us or ns, told apart by its size.

    Negative for what is no time.
    """
    try:
        at = float(header.removeprefix("t="))
    except ValueError:
        return -1
    if not 0 < at < 1e20:
        return -1
    while at > 1e11:  # past the year 5138 in seconds: a finer unit
        at /= 1000
    return int((time.time() - at) * 1e9)


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
