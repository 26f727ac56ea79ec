"""Queries of every database alias: counted per alias and added to the request they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter_ns
from typing import Any, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from perfmon import guard
from perfmon.context import RequestTrace, current
from perfmon.ingest import Shard, local
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window


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


def fold_queries(shard: Shard, trace: RequestTrace) -> None:
    """Count a request's queries in their aliases' slots and its own counters; the shard is being written."""
    alias, slot = "", None
    total_ns = 0
    for of, duration_ns in trace.queries:
        if slot is None or of != alias:
            alias, slot = of, call_slot(shard, "query", of)
        slot.values.append(duration_ns)
        slot.count += 1
        total_ns += duration_ns
    if slot is not None and len(slot.values) >= FOLD_AT:
        slot.fold()
    trace.db_queries += len(trace.queries)
    trace.db_ns += total_ns
    trace.queries.clear()


def fold_early(trace: RequestTrace) -> None:
    """Count the queries of a request that makes very many before it ends, so that they are not all kept."""
    try:
        shard = local.shard
        shard.writes += 1
        try:
            fold_queries(shard, trace)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("query", error)


def record_call(kind: str, key: str, duration_ns: int, count: int, errors: int) -> None:
    """Add one timed call to this thread's shard; failures of ours are counted, never raised."""
    try:
        shard = local.shard
        shard.writes += 1
        try:
            call_slot(shard, kind, key).add(duration_ns, count, errors)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure(kind, error)


class QueryWrapper:
    """An execute wrapper of one connection.

    Between two queries of a view the processor's caches are cold for our code, so a query only leaves its duration with
    its request; ``fold_queries`` counts them all at the request's end. Outside a request each is counted at once.
    """

    __slots__ = ("alias",)

    def __init__(self, alias: str) -> None:
        self.alias = alias

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        trace = current.get()
        if trace is not None and trace.muted:
            return execute(sql, params, many, context)
        started_ns = perf_counter_ns()
        try:
            result = execute(sql, params, many, context)
        except BaseException:
            self.failed(trace, perf_counter_ns() - started_ns)
            raise
        duration_ns = perf_counter_ns() - started_ns
        if trace is not None:
            queries = trace.queries
            queries.append((self.alias, duration_ns))
            if len(queries) >= FOLD_AT:
                fold_early(trace)
        else:
            record_call("query", self.alias, duration_ns, 1, 0)
        return result

    def failed(self, trace: RequestTrace | None, duration_ns: int) -> None:
        """Count a query that raised."""
        if trace is not None:
            trace.db_queries += 1
            trace.db_errors += 1
            trace.db_ns += duration_ns
        record_call("query", self.alias, duration_ns, 1, 1)


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
            connection.execute_wrappers[:] = [
                wrapper for wrapper in connection.execute_wrappers if not isinstance(wrapper, QueryWrapper)
            ]

    def _wrap(self, *, connection: BaseDatabaseWrapper, **_: Any) -> None:
        if not any(isinstance(wrapper, QueryWrapper) for wrapper in connection.execute_wrappers):
            connection.execute_wrappers.append(QueryWrapper(connection.alias))
