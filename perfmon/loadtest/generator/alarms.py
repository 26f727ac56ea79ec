"""An alarm that rings when it should.

The event loop's own timers are rounded up to whole milliseconds: an arrival would be late by half of one on average,
and that would count as the server's. Linux has timers as precise as its scheduler, timerfd_create(2); elsewhere the
loop's own must do.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
import time

from gevent.event import Event
from gevent.os import nb_read

_NS_PER_S = 1_000_000_000
_NEVER_NS = 1 << 62
_CLOCK_MONOTONIC, _ABSOLUTE, _FLAGS = 1, 1, os.O_NONBLOCK | os.O_CLOEXEC


class LoopAlarm:
    """An alarm of the event loop."""

    def __init__(self) -> None:
        self._at_ns, self._moved = _NEVER_NS, Event()

    def set(self, at_ns: int | None) -> None:
        """Ring at a time of the monotonic clock; None: not until set anew."""
        self._at_ns = _NEVER_NS if at_ns is None else at_ns
        self._moved.set()

    def wait(self) -> None:
        """Wait until it rings, or a little less."""
        self._moved.clear()
        self._moved.wait(min(1.0, max(0, self._at_ns - time.monotonic_ns()) / _NS_PER_S))


class KernelAlarm:
    """An alarm of Linux's; raises OSError or AttributeError where there is none."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._timer = self._libc.timerfd_create(_CLOCK_MONOTONIC, _FLAGS)
        if self._timer < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")

    def set(self, at_ns: int | None) -> None:
        """Ring at a time of the monotonic clock; None: not until set anew."""
        first = divmod(0 if at_ns is None else max(1, at_ns), _NS_PER_S)  # all zero: never
        self._libc.timerfd_settime(self._timer, _ABSOLUTE, struct.pack("@qqqq", 0, 0, *first), None)

    def wait(self) -> None:
        """Wait until it rings."""
        nb_read(self._timer, 8)


def new_alarm() -> LoopAlarm | KernelAlarm:
    """Return the best alarm there is here."""
    try:
        return KernelAlarm() if sys.platform == "linux" else LoopAlarm()
    except (OSError, AttributeError):
        return LoopAlarm()
