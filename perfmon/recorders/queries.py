"""Queries of every database alias: counted per alias and added to the request they belong to."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from time import perf_counter_ns
from typing import Any, cast

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from perfmon import guard
from perfmon.context import RequestTrace, current
from perfmon.histogram import MAX_VALUE, SUB_BITS, Histogram
from perfmon.ingest import Shard, local
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window


class CallSlot:
    """What one thread counted for one alias this second (queries, or cache reads). Durations in nanoseconds."""

    __slots__ = ("count", "counts", "errors", "key", "kind", "max_ns", "sum_ns")

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        self.count = self.errors = self.sum_ns = self.max_ns = 0
        self.counts: dict[int, int] = {}

    def add(self, duration_ns: int, count: int, errors: int) -> None:
        """Count one call: ``count`` is 1 for a query, the number of keys for a cache read."""
        self.count += count
        self.errors += errors
        self.sum_ns += duration_ns
        if duration_ns > self.max_ns:
            self.max_ns = duration_ns
        value = duration_ns if duration_ns <= MAX_VALUE else MAX_VALUE
        shift = value.bit_length() - (SUB_BITS + 1)
        index = value if shift <= 0 else (shift << SUB_BITS) + (value >> shift)
        self.counts[index] = self.counts.get(index, 0) + 1

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the window of this alias."""
        window = Window(self.count, self.errors, self.sum_ns, self.max_ns, Histogram(self.counts))
        yield SeriesKey(self.kind, self.key), window


def call_slot(shard: Shard, kind: str, key: str) -> CallSlot:
    """Return this second's slot of an alias, made when it is the first call."""
    slot = shard.slots.get((kind, key))
    if slot is None:
        slot = shard.slot(
            (kind, key), lambda: CallSlot(kind, key), (kind, OVERFLOW_KEY), lambda: CallSlot(kind, OVERFLOW_KEY)
        )
    return cast(CallSlot, slot)


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
    """An execute wrapper of one connection. It keeps this second's slot at hand: a look-up less a query."""

    __slots__ = ("alias", "slot", "slots")

    def __init__(self, alias: str) -> None:
        self.alias = alias
        self.slots: dict[Hashable, Any] | None = None
        self.slot: CallSlot | None = None

    def __call__(self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        trace = current.get()
        if trace is not None and trace.muted:
            return execute(sql, params, many, context)
        started_ns = perf_counter_ns()
        try:
            result = execute(sql, params, many, context)
        except BaseException:
            self.record(trace, perf_counter_ns() - started_ns, 1)
            raise
        self.record(trace, perf_counter_ns() - started_ns, 0)
        return result

    def record(self, trace: RequestTrace | None, duration_ns: int, failed: int) -> None:
        """Count one query for its request and its alias; failures of ours are counted, never raised."""
        try:
            if trace is not None:
                trace.db_queries += 1
                trace.db_errors += failed
                trace.db_ns += duration_ns
            shard = local.shard
            shard.writes += 1
            try:
                if shard.slots is not self.slots:
                    self.slots, self.slot = shard.slots, call_slot(shard, "query", self.alias)
                self.slot.add(duration_ns, 1, failed)  # type: ignore[union-attr]
            finally:
                shard.writes += 1
        except Exception as error:
            guard.count_failure("query", error)


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
