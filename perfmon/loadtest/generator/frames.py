"""What one socket brings: its frames with their delays, and what is wrong with them."""

from __future__ import annotations

import time
from typing import Any

from perfmon.loadtest.figures import FRAME, SKIPPED
from perfmon.loadtest.generator.protocol import GARBLED
from perfmon.loadtest.generator.records import Records
from perfmon.loadtest.generator.sequence import Sequence
from perfmon.series import NS_PER_MS

NS_PER_S = 1_000 * NS_PER_MS
SILENT_AFTER_NS = 3 * NS_PER_S  # then a page calls what it shows stale
GAP, DOUBLED, SILENT = "gap", "doubled", "silent"


class Frames:
    """Counts what one connection brings. ``slow``: the server may skip frames, and silence is the reader's own.

    A frame's delay runs from when its payload was made, by the server's clock, until it was read, by this machine's. A
    missing one counts with the delay of the one that makes it good; other faults with how long no frame had come.
    """

    def __init__(self, records: Records, key: str, *, slow: bool) -> None:
        self._records, self._key, self._slow = records, key, slow
        self._sequence = Sequence()
        self._heard_ns = time.monotonic_ns()
        self._told_silent = False
        self.came = False  # a snapshot or a frame: the connection works

    def take(self, message: dict[str, Any], received_ns: int) -> None:
        """Take a message that came at ``received_ns`` (Unix)."""
        kind = message.get("type")
        if kind in ("snapshot", "frame"):
            try:
                self._take(kind, int(message["seq"]), float(message["data"]["generated_at"]), received_ns)
            except (KeyError, TypeError, ValueError):
                self.fault(GARBLED)
        elif kind == "error":
            self.fault(str(message.get("code", GARBLED)))

    def fault(self, reason: str) -> None:
        """Count what is wrong with the connection as a whole."""
        self._fault(reason, time.monotonic_ns() - self._heard_ns)

    def check_silence(self) -> None:
        """Count a silence, once, when no frame has come for too long."""
        quiet_ns = time.monotonic_ns() - self._heard_ns
        if quiet_ns >= SILENT_AFTER_NS and not self._told_silent and not self._slow:
            self._told_silent = True
            self._fault(SILENT, quiet_ns)

    def _take(self, kind: str, seq: int, made_s: float, received_ns: int) -> None:
        self.came = True
        if kind == "snapshot":
            self._sequence.snapshot(seq, made_s)
            return
        self._heard_ns, self._told_silent = time.monotonic_ns(), False
        missed, doubled = self._sequence.frame(seq, made_s)
        # The stamp is rounded to a millisecond, so a frame may seem to have come before it was made.
        delay_ns = max(0, received_ns - round(made_s * NS_PER_S))
        if doubled:
            self._fault(DOUBLED, delay_ns)
            return
        self._records.add(FRAME, self._key, delay_ns)
        if missed and self._slow:
            self._records.add(SKIPPED, self._key, missed)
        for _ in range(0 if self._slow else missed):
            self._fault(GAP, delay_ns)

    def _fault(self, reason: str, delay_ns: int) -> None:
        self._records.failed(self._key, reason)
        self._records.add(FRAME, self._key, delay_ns, error=True)
