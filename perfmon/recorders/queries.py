"""Queries of every database alias: counted per alias and added to the request they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from threading import get_ident
from time import perf_counter_ns
from typing import Any, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from perfmon import guard
from perfmon.context import RequestTrace, current
from perfmon.ingest import Shard, shards
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window

#: A request that made so many is no longer one of those whose queries wait for the flush, which bounds the memory.
MANY_QUERIES = 128


class CallSlot(Durations):
    """What one thread counted for one alias this second: queries, or cache reads."""

    __slots__ = ("count", "errors", "key", "kind")

    def __init__(self, kind: str, key: str) -> None:
        super().__init__()
        self.kind, self.key = kind, key
        self.count = self.errors = 0

    def add(self, duration_ns: int, count: int, errors: int) -> None:
        """Count one call: ``count`` is 1 for a query, the number of keys for a cache read."""
        self.count += count
        self.errors += errors
        self.values.append(duration_ns)
        if len(self.values) >= FOLD_AT:
            self.fold()

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the window of this alias."""
        yield SeriesKey(self.kind, self.key), self.window(self.count, self.errors)


def call_slot(shard: Shard, kind: str, key: str) -> CallSlot:
    """Return this second's slot of an alias, made when it is the first call."""
    slot = shard.slots.get((kind, key))
    if slot is None:
        slot = shard.slot(
            (kind, key), lambda: CallSlot(kind, key), (kind, OVERFLOW_KEY), lambda: CallSlot(kind, OVERFLOW_KEY)
        )
    return cast("CallSlot", slot)


def count_queries(shard: Shard, queries: Iterable[tuple[str, int]]) -> int:
    """Count queries in their aliases' slots of a shard that is being written; returns how long they took, ns."""
    total_ns = 0
    for alias, duration_ns in queries:
        call_slot(shard, "query", alias).add(duration_ns, 1, 0)
        total_ns += duration_ns
    return total_ns


def count_queries_early(trace: RequestTrace) -> None:
    """Count the queries of a request so far, before it ends; failures of ours are counted, never raised."""
    try:
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            trace.db_ns += count_queries(shard, trace.queries)
            trace.db_queries += len(trace.queries)
            trace.queries.clear()
            trace.noted = True
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("query", error)


def record_call(kind: str, key: str, duration_ns: int, count: int, errors: int) -> None:
    """Add one timed call to this thread's shard; failures of ours are counted, never raised."""
    try:
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            call_slot(shard, kind, key).add(duration_ns, count, errors)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure(kind, error)


class Late:
    """Stands in for the list of a request that ended: what it left running is counted at once, by its alias."""

    def append(self, query: tuple[str, int]) -> None:
        """Count a query."""
        record_call("query", *query, 1, 0)

    def __len__(self) -> int:
        return 0


LATE = cast("list[tuple[str, int]]", Late())


@cache  # as many as there are aliases
def query_wrapper(alias: str) -> Callable[..., Any]:
    """Return the execute wrapper of an alias' connections.

    Between two queries of a view the processor's caches are cold for our code, so a query only leaves its duration with
    its request, and the flush counts it; outside a request it is counted at once. A closure, because to call an object
    costs 2 us more a query there (measured over 6,000 rounds of five queries).
    """

    current_trace, now_ns, length = current.get, perf_counter_ns, len  # a global's look-up is a twentieth of a query's

    def record_query(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        trace = current_trace()
        started_ns = now_ns()
        try:
            result = execute(sql, params, many, context)
        except BaseException:
            _failed(trace, alias, now_ns() - started_ns)
            raise
        if trace is None:
            record_call("query", alias, now_ns() - started_ns, 1, 0)
            return result
        queries = trace.queries
        queries.append((alias, now_ns() - started_ns))
        if length(queries) >= MANY_QUERIES:
            count_queries_early(trace)
        return result

    return record_query


def _failed(trace: RequestTrace | None, alias: str, duration_ns: int) -> None:
    """Count a query that raised."""
    if trace is not None:
        if trace.muted:
            return
        trace.noted = True
        trace.db_queries += 1
        trace.db_errors += 1
        trace.db_ns += duration_ns
    record_call("query", alias, duration_ns, 1, 1)


class QueryRecorder:
    """Wraps every connection of every alias as it is opened."""

    def install(self) -> None:
        """Wrap the connections already open and those to come."""
        connection_created.connect(self._wrap, dispatch_uid="perfmon.queries")
        for connection in connections.all(initialized_only=True):
            self._wrap(connection=connection)

    def uninstall(self) -> None:
        """Unwrap this thread's connections; those of other threads keep a wrapper until they reconnect."""
        connection_created.disconnect(dispatch_uid="perfmon.queries")
        for connection in connections.all(initialized_only=True):
            with suppress(ValueError):  # it has none
                connection.execute_wrappers.remove(query_wrapper(connection.alias))

    def _wrap(self, *, connection: BaseDatabaseWrapper, **_: Any) -> None:
        wrapper = query_wrapper(connection.alias)
        if wrapper not in connection.execute_wrappers:
            connection.execute_wrappers.append(wrapper)
