"""The line arrivals wait in until a user is free; it is bounded."""

from __future__ import annotations

from typing import NamedTuple

from gevent.queue import Empty, Queue

from perfmon.loadtest.generator.acts import Act
from perfmon.loadtest.generator.protocol import MAX_WAITING


class Arrival(NamedTuple):
    """Somebody who comes to do something at a time of the monotonic clock, in ns."""

    act: Act
    intended_ns: int


class Line:
    """First come, first served; a free user waits longest for the next arrival who has been free the longest."""

    def __init__(self) -> None:
        self._arrivals: Queue = Queue()
        self._idle = 0

    def join(self, arrival: Arrival) -> bool:
        """Put an arrival at the end; returns False when the line is full."""
        if self._arrivals.qsize() >= MAX_WAITING:
            return False
        self._arrivals.put_nowait(arrival)
        return True

    def take(self) -> Arrival | None:
        """Wait for the next arrival; None means go home."""
        self._idle += 1
        try:
            return self._arrivals.get()  # type: ignore[no-any-return]
        finally:
            self._idle -= 1

    @property
    def missing(self) -> int:
        """How many users more could have something to do."""
        waiting: int = self._arrivals.qsize()
        return max(0, waiting - self._idle)

    def cut(self) -> list[Arrival]:
        """Take out and return those for whom no user is free."""
        waiting = self._all()
        for arrival in waiting[: self._idle]:
            self._arrivals.put_nowait(arrival)
        return waiting[self._idle :]

    def _all(self) -> list[Arrival]:
        waiting = []
        while True:
            try:
                waiting.append(self._arrivals.get_nowait())
            except Empty:
                return waiting

    def send_home(self, users: int) -> None:
        """Let so many users go."""
        for _ in range(users):
            self._arrivals.put_nowait(None)
