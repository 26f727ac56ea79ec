"""Where the primary's log was when, and so how long ago a replica should have been where it is not yet.

A place counts from the moment the primary was seen to have flushed it: until then it sends it to no replica, and a
transaction that is left open would make every replica look late. So a replica of an idle primary is never late, however
old its newest transaction is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from threading import Lock

KEPT = 2_400  # looks: ten minutes at four a second; a replica that is later than that shows as ten minutes late


class History:
    """What each look at the primary found. Places are numbers (``lsn``), times monotonic seconds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._places: list[int] = []
        self._flushed_at: list[float] = []
        self._pending: deque[int] = deque(maxlen=KEPT)
        self.newest = 0
        self.asked_at = float("-inf")

    def add(self, inserted: int, flushed: int, asked_at: float, now: float) -> None:
        """Note one look: the log's end, how far it was flushed, and when that was asked and answered."""
        with self._lock:
            if inserted < self.newest:  # restored from a copy: what was known is of another log
                self._places, self._flushed_at, self.newest = [], [], 0
                self._pending.clear()
            if inserted > self.newest:
                self._pending.append(inserted)
            self.newest, self.asked_at = inserted, asked_at
            while self._pending and self._pending[0] <= flushed:
                self._places.append(self._pending.popleft())
                self._flushed_at.append(now)
            if len(self._places) > 2 * KEPT:
                del self._places[:KEPT], self._flushed_at[:KEPT]

    def lag_ms(self, replayed: int, now: float) -> float:
        """Return for how long a replica that is at ``replayed`` has been behind; 0 when nothing is missing."""
        with self._lock:
            missing = bisect_right(self._places, replayed)
            return 1000 * (now - self._flushed_at[missing]) if missing < len(self._places) else 0.0

    def behind_bytes(self, replayed: int) -> int:
        """Return how much of the flushed log a replica has yet to replay."""
        with self._lock:
            return max(0, self._places[-1] - replayed) if self._places else 0

    def place_after(self, moment: float) -> int | None:
        """Return a place past everything committed before ``moment``; None when nobody has looked since."""
        with self._lock:
            return self.newest if self.asked_at >= moment else None
