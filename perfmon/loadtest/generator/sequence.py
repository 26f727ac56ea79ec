"""The numbers of one topic's frames on one connection: what is missing, what came twice; pure.

``docs/websocket.md`` says how they run: a snapshot has the number of the newest frame before it, the next frame the
next number. They may begin again at 1 at any time; then the payload is newer although the number is not.
"""

from __future__ import annotations

from typing import NamedTuple


class Arrival(NamedTuple):
    """What a frame's number says: how many are ``missed`` before it, and whether it was here before."""

    missed: int = 0
    doubled: bool = False


class Sequence:
    """Compares each message with those before it; ``made_s`` is when its payload was made, Unix time."""

    __slots__ = ("_last", "_newest_s")

    def __init__(self) -> None:
        self._last: int | None = None
        self._newest_s = 0.0

    def snapshot(self, seq: int, made_s: float) -> None:
        """Begin, or go on, from a snapshot; 0 says that its server has seen no frame yet."""
        self._last = seq or None
        self._newest_s = max(self._newest_s, made_s)

    def frame(self, seq: int, made_s: float) -> Arrival:
        """Take a frame."""
        last, newer = self._last, made_s > self._newest_s
        if last is not None and seq <= last and not newer:
            return Arrival(doubled=True)
        self._last, self._newest_s = seq, max(self._newest_s, made_s)
        return Arrival(missed=seq - last - 1 if last is not None and seq > last else 0)
