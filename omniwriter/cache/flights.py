"""One thread of this process at a time does what others would do too; they wait for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Flights:
    """What is being computed in this process, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, threading.Event] = {}

    @contextmanager
    def lead(self, key: str) -> Iterator[bool]:
        """Lead the computation of ``key`` in this block unless another thread does; yields which of the two."""
        with self._lock:
            leads = key not in self._under_way
            if leads:
                done = self._under_way[key] = threading.Event()
        try:
            yield leads
        finally:
            if leads:
                with self._lock:
                    del self._under_way[key]
                done.set()

    def wait(self, key: str, timeout_s: float) -> None:
        """Wait until the thread that computes ``key`` has ended, when there is one."""
        with self._lock:
            done = self._under_way.get(key)
        if done is not None:
            done.wait(timeout_s)


flights = Flights()
