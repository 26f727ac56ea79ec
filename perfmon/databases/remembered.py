"""Readings made in a thread of their own and remembered, so that many viewers cost one and nobody waits long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import connections

from perfmon import guard
from perfmon.context import muted

KEEP_S = 10.0  # how old a reading may be before another is made
WAIT_S = 0.5  # for the first one; who asks may be a page, or the collector between two frames
FORGET_S = 60.0  # an older one is waited for like a first one

Reading = TypeVar("Reading")


class Remembered(Generic[Reading]):
    """The newest reading of each alias; ``read`` gets the alias, in a thread that closes its connections afterwards."""

    def __init__(self, read: Callable[[str], Reading]) -> None:
        self._read = read
        self._lock = threading.Lock()
        self._held: dict[str, tuple[float, Reading]] = {}
        self._running: dict[str, threading.Event] = {}

    def newest(self, alias: str) -> Reading | None:
        """Return the newest reading, None when there is none within ``WAIT_S``; starts another when it is due."""
        held, running = self._start(alias)
        if held is None and running is not None:
            running.wait(WAIT_S)
            with self._lock:
                held = self._fresh(alias)
        return held

    def forget(self) -> None:
        """Forget every reading; one that is being made is kept when it comes."""
        with self._lock:
            self._held.clear()

    def _start(self, alias: str) -> tuple[Reading | None, threading.Event | None]:
        with self._lock:
            made_s = self._held[alias][0] if alias in self._held else -FORGET_S
            running = self._running.get(alias)
            if running is None and time.monotonic() - made_s >= KEEP_S:
                running = self._running[alias] = threading.Event()
                threading.Thread(target=self._make, args=(alias, running), name="perfmon-reading", daemon=True).start()
            return self._fresh(alias), running

    def _fresh(self, alias: str) -> Reading | None:
        made_s, reading = self._held.get(alias, (0.0, None))
        return reading if reading is not None and time.monotonic() - made_s < FORGET_S else None

    def _make(self, alias: str, done: threading.Event) -> None:
        try:
            with guard.guarded("reading of a database"), muted():
                reading = self._read(alias)
                with self._lock:
                    self._held[alias] = (time.monotonic(), reading)
        finally:
            with self._lock:
                self._running.pop(alias, None)
            done.set()
            connections.close_all()
