"""One thread of this process at a time does what others would do too; they wait for it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

FREE_S = 1.0  # how long nobody waits for a computation that came to nothing
MAX_FREE = 1_000


class Flights:
    """What is being computed in this process, by key."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[str, threading.Event] = {}
        self._free: OrderedDict[str, float] = OrderedDict()

    @contextmanager
    def lead(self, key: str) -> Iterator[bool]:
        """Lead the computation of ``key`` in this block unless another thread does; yields which of the two.

        When the block raises, nothing was kept, and nothing will be by those who waited: for ``FREE_S`` each goes its
        own way, or they would do one after the other what they could do at once.
        """
        with self._lock:
            leads = key not in self._under_way
            if leads:
                done = self._under_way[key] = threading.Event()
        try:
            yield leads
        except BaseException:
            self._set_free(key)
            raise
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

    def is_free(self, key: str) -> bool:
        """Whether the last computation of ``key`` came to nothing a moment ago, so that waiting for one is in vain."""
        until = self._free.get(key)
        return until is not None and time.monotonic() < until

    def _set_free(self, key: str) -> None:
        with self._lock:
            self._free[key] = time.monotonic() + FREE_S
            while len(self._free) > MAX_FREE:
                self._free.popitem(last=False)


flights = Flights()
