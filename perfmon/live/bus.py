"""How frames get from the one collector to the hub of every process, and how it learns which topics are watched."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from perfmon.conf import get_config
from perfmon.conf import on_change as on_config_change

WAITING_FRAMES = 1_000  # frames one hub may be behind before it loses the oldest; it sees none of that as a delay


@dataclass(frozen=True, slots=True)
class Frame:
    """One topic's payload as JSON, with its number among the frames of that topic."""

    topic: str
    seq: int
    body: bytes


class Bus(Protocol):
    """Both ends; the synchronous methods wait for a second at most and raise TransportError."""

    def publish(self, topic: str, body: bytes) -> int:
        """Send a payload to every hub under the topic's next number, which is returned."""

    def watch(self, topics: Collection[str], ttl_s: float) -> None:
        """Say that somebody looks at these topics for the next ``ttl_s`` seconds."""

    def watched(self) -> set[str]:
        """Return the topics somebody looks at."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[Frame]]:
        """Receive from now on what is published; entering and iterating raise TransportError."""


class LocalBus:
    """Everything in one process: the collector's thread publishes, event loops of any thread listen."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers: defaultdict[str, Iterator[int]] = defaultdict(lambda: itertools.count(1))
        self._watched: dict[str, float] = {}
        self._listeners: set[Callable[[Frame], None]] = set()

    def publish(self, topic: str, body: bytes) -> int:
        """Hand the payload to every listening loop."""
        with self._lock:
            frame = Frame(topic, next(self._numbers[topic]), body)
            listeners = list(self._listeners)
        for deliver in listeners:
            with contextlib.suppress(RuntimeError):  # its loop is closed
                deliver(frame)
        return frame.seq

    def watch(self, topics: Collection[str], ttl_s: float) -> None:
        """Note until when the topics are looked at."""
        until = time.monotonic() + ttl_s
        with self._lock:
            self._watched.update(dict.fromkeys(topics, until))

    def watched(self) -> set[str]:
        """Forget what nobody looks at any more and return the rest."""
        now = time.monotonic()
        with self._lock:
            self._watched = {topic: until for topic, until in self._watched.items() if until > now}
            return set(self._watched)

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Frame]]:
        """Receive on the running loop."""
        loop, waiting = asyncio.get_running_loop(), _Waiting()

        def deliver(frame: Frame) -> None:
            loop.call_soon_threadsafe(waiting.put, frame)

        with self._lock:
            self._listeners.add(deliver)
        try:
            yield waiting
        finally:
            with self._lock:
                self._listeners.discard(deliver)


class _Waiting:
    """Frames that have arrived on a loop, iterated as they come; never more than ``WAITING_FRAMES``."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[Frame] = asyncio.Queue(WAITING_FRAMES)

    def put(self, frame: Frame) -> None:
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)

    def __aiter__(self) -> AsyncIterator[Frame]:
        return self

    async def __anext__(self) -> Frame:
        return await self._frames.get()


@lru_cache(maxsize=1)
def get_bus() -> Bus:
    """Return this process's bus, by ``PERFMON["VALKEY_URL"]``."""
    config = get_config()
    if config.valkey_url:
        from perfmon.live.valkey import ValkeyBus

        return ValkeyBus(config)
    return LocalBus()


on_config_change(get_bus.cache_clear)
