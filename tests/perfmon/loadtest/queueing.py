"""A server that is known to the request: so many places, a service time with noise, first come first served."""

from __future__ import annotations

import heapq
import random

from perfmon.loadtest.stress import BreakPointSearch
from perfmon.series import Window


class QueueServer:
    """``places`` requests are served at once, each for ``places / capacity`` seconds, give or take ``noise``.

    Who would wait longer than ``patience_s`` is refused at once; ``stalls`` are seconds in which nothing moves.
    """

    def __init__(
        self, capacity: float, places: int = 4, noise: float = 0.0, seed: int = 0,
        patience_s: float | None = None, stalls: tuple[int, ...] = (),
    ) -> None:  # fmt: skip
        self._service_s = places / capacity
        self._free_at = [0.0] * places
        self._noise, self._random = noise, random.Random(seed)
        self._patience_s, self._stalls = patience_s, stalls
        self._open: list[tuple[float, float, bool]] = []  # end, intended start, failed
        self._carried = 0.0

    def second(self, at: int, rate: float) -> tuple[Window, int]:
        """Serve the evenly spaced arrivals of a second; returns what was answered in it and what is at work after."""
        wanted = rate + self._carried
        count = int(wanted)
        self._carried = wanted - count
        for n in range(count):
            self._arrive(at + n / count)
        window = Window()
        while self._open and self._open[0][0] < at + 1:
            end, start, failed = heapq.heappop(self._open)
            window.add(int((end - start) * 1e9), failed)
        return window, len(self._open)

    def _arrive(self, start: float) -> None:
        if self._patience_s is not None and self._free_at[0] - start > self._patience_s:
            heapq.heappush(self._open, (start + 0.001, start, True))
            return
        begin = max(start, heapq.heappop(self._free_at))
        while int(begin) in self._stalls:
            begin = float(int(begin) + 1)
        end = begin + self._service_s * self._random.uniform(1 - self._noise, 1 + self._noise)
        heapq.heappush(self._free_at, end)
        heapq.heappush(self._open, (end, start, False))


def searched(search: BreakPointSearch, server: QueueServer, most_s: int = 1000) -> int:
    """Let it search to its end; returns the seconds that took."""
    for at in range(most_s):
        rate = search.target()
        window, busy = server.second(at, rate)
        search.observe(at + 1.0, rate, window, 0, busy)
        if search.finished:
            return at + 1
    raise AssertionError(f"It was still {search.phase} after {most_s} s.")
