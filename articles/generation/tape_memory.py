"""Tapes in this process's memory, for a site that is one process and has no Valkey."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import OrderedDict, defaultdict, deque
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import dropwhile

from articles.generation.tape import MAX_ENTRIES, SILENCE_S, START, Entry, order

MAX_TAPES = 200


@dataclass(slots=True)
class _Kept:
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=MAX_ENTRIES))
    until_s: float = float("inf")


class MemoryTape:
    """Written by any thread, read by any thread and any event loop; the oldest of more than ``MAX_TAPES`` go."""

    def __init__(self) -> None:
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        self._lock = threading.Lock()
        self._tapes: OrderedDict[int, _Kept] = OrderedDict()
        self._listeners: defaultdict[int, set[Callable[[], None]]] = defaultdict(set)
        self._last = (0, 0)

    def add(self, job_id: int, bodies: Sequence[bytes], *, begins: bool, keep_s: int | None) -> bool:
        """Append, and wake who listens."""
        with self._lock:
            kept = self._kept(job_id)
            if kept is None:
                if not begins:
                    return False
                kept = self._tapes[job_id] = _Kept()
                while len(self._tapes) > MAX_TAPES:
                    self._tapes.popitem(last=False)
            kept.entries.extend(Entry(self._next_seq(), body) for body in bodies)
            if keep_s is not None:
                kept.until_s = time.monotonic() + keep_s
            listeners = tuple(self._listeners.get(job_id, ()))
        for wake in listeners:
            with suppress(RuntimeError):  # its loop is closed
                wake()
        return True

    def is_away(self) -> bool:
        """Never."""
        return False

    def since(self, job_id: int, after: str) -> list[Entry]:
        """Look through what is kept."""
        last = order(after or START)
        with self._lock:
            kept = self._kept(job_id)
            return [] if kept is None else list(dropwhile(lambda entry: order(entry.seq) <= last, kept.entries))

    async def listen(self, job_id: int, after: str) -> AsyncGenerator[Entry | None]:
        """Wait on the running loop."""
        loop, woken, last = asyncio.get_running_loop(), asyncio.Event(), after

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        with self._lock:
            self._listeners[job_id].add(wake)
        try:
            while True:
                woken.clear()
                for entry in self.since(job_id, last):
                    last = entry.seq
                    yield entry
                try:
                    async with asyncio.timeout(SILENCE_S):
                        await woken.wait()
                except TimeoutError:
                    yield None
        finally:
            with self._lock:
                self._listeners[job_id].discard(wake)
                if not self._listeners[job_id]:
                    del self._listeners[job_id]

    def _kept(self, job_id: int) -> _Kept | None:
        kept = self._tapes.get(job_id)
        if kept is not None and kept.until_s < time.monotonic():
            del self._tapes[job_id]
            return None
        return kept

    def _next_seq(self) -> str:
        """Number as Valkey does, so that a process that has begun anew goes on above what the last one said."""
        now_ms = time.time_ns() // 1_000_000
        self._last = (now_ms, 0) if now_ms > self._last[0] else (self._last[0], self._last[1] + 1)
        return f"{self._last[0]}-{self._last[1]}"
