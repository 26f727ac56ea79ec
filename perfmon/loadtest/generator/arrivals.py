"""When users arrive in the open model: the rate integrated, whatever the answers take; pure.

Between two changes of the rate arrivals are ``1 / rate`` apart, counted from the change, so no rounding adds up. The
part of an arrival that had grown before a change is carried over it.
"""

from __future__ import annotations

from collections.abc import Iterator

NS_PER_S = 1_000_000_000


class Schedule:
    """Arrival times in ns of a monotonic clock. ``part`` is how much of the first arrival is there at the start."""

    __slots__ = ("_from_ns", "_given", "_part", "_rate")

    def __init__(self, now_ns: int, part: float = 1.0) -> None:
        self._from_ns, self._part = now_ns, part
        self._rate, self._given = 0.0, 0  # given out since the last change

    def turn(self, rate: float, now_ns: int) -> None:
        """Change the rate, in arrivals a second; all that was due by now must have been taken."""
        self._part = max(0.0, self._part + self._rate * (now_ns - self._from_ns) / NS_PER_S - self._given)
        self._from_ns, self._rate, self._given = now_ns, rate, 0

    def take(self, now_ns: int) -> Iterator[int]:
        """Yield the times of all arrivals due by now that were not yielded before, in order."""
        while (at_ns := self.next_ns()) is not None and at_ns <= now_ns:
            self._given += 1
            yield at_ns

    def next_ns(self) -> int | None:
        """Return the time of the next arrival, None while the rate is 0."""
        if self._rate <= 0:
            return None
        return self._from_ns + max(0, round((self._given + 1 - self._part) / self._rate * NS_PER_S))
