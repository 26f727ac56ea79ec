"""What the request being served has cost so far, and the one id of its trace, reachable from wherever its code runs.

Context variables, not thread-locals: they follow the request into the threads of ``sync_to_async`` and into tasks of
the event loop. ``perfmon.recorders.tasks`` carries the trace's id in a message's headers to the Celery task.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

#: W3C Trace Context: version, trace, parent, flags; version 00 ends there, a later one may go on.
_TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?")


_NOTHING: deque[tuple[str, int]] = deque(maxlen=0)


class RequestTrace:
    """Counters of one request; recorders of queries and cache add to it. Durations in nanoseconds.

    Defaults are the class's: to make one calls no code of ours, and its end asks for ``noted`` once instead of for each
    counter. So whoever changes a counter sets ``noted``. ``environ`` is what the request came with, as WSGI names it;
    None for what is no request. ``trace_id`` is empty until somebody asks for it with the function of that name,
    ``told`` for all but a load test's requests: their ``Server-Timing``.
    """

    # Alias and duration of those not in the counters yet. Nothing stays in what is muted, so nobody has to ask.
    queries: list[tuple[str, int]] = _NOTHING  # type: ignore[assignment]
    reads: list[tuple[str, str, int, int, int]] | None = None  # cache reads alike: alias, group, ns, keys and misses
    started_ns = waited_ns = 0  # waited: before Django saw it; 0 where that is not known
    muted = noted = False
    environ: Mapping[str, Any] | None = None
    db_queries = db_errors = db_ns = 0
    cache_reads = cache_misses = cache_ns = 0
    trace_id = told = mark = ""


current: ContextVar[RequestTrace | None] = ContextVar("perfmon_request", default=None)
carried: ContextVar[str] = ContextVar("perfmon_trace_id", default="")  # of the request or task this was begun by


def trace_id() -> str:
    """Return the id of the trace this code is part of, 32 hexadecimal digits; outside of any, a new one each time."""
    return find_trace_id() or new_trace_id()


def find_trace_id() -> str:
    """Return the id of the trace this code is part of, empty outside of requests and tasks.

    A request has the one of its ``traceparent`` header, or one that is made when it is asked for first.
    """
    trace = current.get()
    if trace is None or trace.environ is None:
        return carried.get()
    if not trace.trace_id:
        trace.noted = True
        trace.trace_id = read_traceparent(trace.environ.get("HTTP_TRACEPARENT", "")) or new_trace_id()
    return trace.trace_id


def new_trace_id() -> str:
    """Return a random id; half a microsecond, where ``uuid4`` takes several."""
    return os.urandom(16).hex()


def read_traceparent(header: str) -> str:
    """Return the trace's id in a ``traceparent`` header; empty when there is none, or it is not as the W3C wants it."""
    match = _TRACEPARENT.fullmatch(header)
    return match[2] if match and (match[1] != "00" or not match[3]) else ""


def write_traceparent(trace_id: str) -> str:
    """Return a ``traceparent`` header of that trace, with a parent of its own."""
    return f"00-{trace_id}-{os.urandom(8).hex()}-01"


@contextmanager
def muted() -> Iterator[None]:
    """Leave everything done inside out of the measurements; perfmon wraps its own work in it."""
    trace = RequestTrace()
    trace.muted = trace.noted = True
    token = current.set(trace)
    try:
        yield
    finally:
        current.reset(token)
