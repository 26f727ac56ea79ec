"""A load test's requests, counted once more and by action: what the server measured of them, and told in the answer.

The client counts what it was answered and reads the duration from ``Server-Timing``. Both are the very figures that
are counted here, so the two sides can be compared to the last request.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import get_ident

from perfmon import guard
from perfmon.ingest import Shard, shards
from perfmon.loadtest.marks import MARK_NAME, read_mark
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window


class LoadSlot(Durations):
    """What one thread counted for one run and action this second. Durations in nanoseconds."""

    __slots__ = ("count", "errors", "key", "queue")

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.count = self.errors = 0
        self.queue: Window | None = None

    def add(self, status: int, duration_ns: int, waited_ns: int | None) -> None:
        """Count one request."""
        self.count += 1
        self.errors += status >= 500
        self.values.append(duration_ns)
        if len(self.values) >= FOLD_AT:
            self.fold()
        if waited_ns is not None:
            if self.queue is None:
                self.queue = Window()
            self.queue.add(waited_ns)

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return this slot's share of the run's series."""
        yield SeriesKey("load_server", self.key), self.window(self.count, self.errors)
        if self.queue is not None:
            yield SeriesKey("load_queue", self.key), self.queue


def record_load(key: str, status: int, duration_ns: int) -> None:
    """Count a marked request that a layer in front of Django answered in this thread; never raises."""
    try:
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            add_load(shard, key, status, duration_ns, None)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("load", error)


def load_key(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the series key of a request with these headers, as ASGI has them; empty for one that is not marked."""
    for name, value in headers:
        if name == MARK_NAME:
            return read_mark(value.decode("latin-1"))
    return ""


def timing_text(duration_ns: int, waited_ns: int | None = None) -> str:
    """Return the value of a ``Server-Timing`` header, in ms to the nanosecond."""
    text = f"app;dur={duration_ns / 1e6:.6f}"
    return text if waited_ns is None else f"{text}, queue;dur={waited_ns / 1e6:.6f}"


def add_load(shard: Shard, key: str, status: int, duration_ns: int, waited_ns: int | None) -> None:
    """Count a marked request in a shard that is being written; ``key`` is what ``read_mark`` made of its mark."""
    slot_key = ("load", key)
    slot = shard.slots.get(slot_key)
    if slot is None:
        other = ("load", OVERFLOW_KEY)
        slot = shard.slot(slot_key, lambda: LoadSlot(key), other, lambda: LoadSlot(OVERFLOW_KEY))
    slot.add(status, duration_ns, waited_ns)  # type: ignore[attr-defined]
