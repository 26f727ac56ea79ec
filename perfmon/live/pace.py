"""How many messages one client may send."""

from __future__ import annotations


class Pace:
    """A bucket that holds ``burst`` and is refilled at ``per_s``; ``now`` is monotonic seconds."""

    __slots__ = ("_burst", "_left", "_per_s", "_seen_s")

    def __init__(self, per_s: float, burst: int) -> None:
        self._per_s, self._burst = per_s, burst
        self._left, self._seen_s = float(burst), 0.0

    def allows(self, now: float) -> bool:
        """Take one and tell whether there was one."""
        self._left = min(self._burst, self._left + max(0.0, now - self._seen_s) * self._per_s)
        self._seen_s = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
