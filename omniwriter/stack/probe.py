"""Asking a running service whether it does its work, without waiting for the answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

ASK_S = 2.0


class Probe:
    """Asks ``question`` every two seconds, in a thread of its own, one at a time; no answer is no bad one."""

    def __init__(self, question: Callable[[], bool]) -> None:
        self._question = question
        self._asked_s = time.monotonic()
        self._unwell_since_s: float | None = None
        self._thread: threading.Thread | None = None

    def unwell_s(self) -> float:
        """Return the seconds since the first of the bad answers in a row, and ask again if it is time."""
        now_s = time.monotonic()
        if now_s >= self._asked_s + ASK_S and not (self._thread and self._thread.is_alive()):
            self._asked_s = now_s
            self._thread = threading.Thread(target=self._ask, name="probe", daemon=True)
            self._thread.start()
        since_s = self._unwell_since_s
        return 0.0 if since_s is None else now_s - since_s

    def _ask(self) -> None:
        if self._question():
            self._unwell_since_s = None
        elif self._unwell_since_s is None:
            self._unwell_since_s = time.monotonic()
