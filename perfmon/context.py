"""What the request being served has cost so far, reachable from wherever its code runs.

A context variable, not a thread-local: it follows the request into the threads of ``sync_to_async`` and into tasks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class RequestTrace:
    """Counters of one request; recorders of queries and cache add to it. Durations in nanoseconds."""

    __slots__ = ("cache_misses", "cache_ns", "cache_reads", "db_errors", "db_ns", "db_queries", "muted", "started_ns")

    def __init__(self, started_ns: int, muted: bool = False) -> None:
        self.started_ns = started_ns
        self.muted = muted
        self.db_queries = self.db_errors = self.db_ns = 0
        self.cache_reads = self.cache_misses = self.cache_ns = 0


current: ContextVar[RequestTrace | None] = ContextVar("perfmon_request", default=None)


@contextmanager
def muted() -> Iterator[None]:
    """Leave everything done inside out of the measurements; perfmon wraps its own work in it."""
    token = current.set(RequestTrace(0, muted=True))
    try:
        yield
    finally:
        current.reset(token)
