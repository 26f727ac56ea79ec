"""The hub: one per process and event loop. It receives each frame once and writes the same text to every socket."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from weakref import WeakKeyDictionary

from channels.db import database_sync_to_async

from perfmon import guard
from perfmon.exceptions import TransportError
from perfmon.live.bus import WATCH_S, Bus, Frame, get_bus
from perfmon.live.protocol import data_message
from perfmon.live.subscriber import Subscriber

RENEW_S = WATCH_S / 3
SNAPSHOT_AGE_S = 1.0  # a hundred browsers that connect at once cost one snapshot
RETRY_MAX_S = 5.0


class Hub:
    """Topics, who watches them, and the two tasks that run while anybody does."""

    def __init__(self, bus: Bus, build: Callable[[str], bytes]) -> None:
        self._bus = bus
        self._build = database_sync_to_async(build, thread_sensitive=False)
        self._watchers: dict[str, dict[Subscriber, None]] = {}
        self._sequences: dict[str, int] = {}
        self._snapshots: dict[str, tuple[float, asyncio.Future[str]]] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def join(self, subscriber: Subscriber, topic: str) -> None:
        """Give the subscriber a snapshot and every frame of the topic from now on. Raises what building raises."""
        await self.snapshot(subscriber, topic)
        self._watchers.setdefault(topic, {})[subscriber] = None
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._renew())]
        elif len(self._watchers[topic]) == 1:
            await self._watch([topic])

    def leave(self, subscriber: Subscriber, topic: str) -> None:
        """Stop writing the topic to the subscriber; with the last one everywhere the hub goes to sleep."""
        watchers = self._watchers.get(topic)
        if watchers is None:
            return
        watchers.pop(subscriber, None)
        if not watchers:
            del self._watchers[topic]
            self._sequences.pop(topic, None)
        if not self._watchers:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    async def snapshot(self, subscriber: Subscriber, topic: str) -> None:
        """Write the topic's state now; equal snapshots within a second are built once."""
        subscriber.offer(topic, await self._snapshot_text(topic))

    async def _snapshot_text(self, topic: str) -> str:
        clock = time.monotonic()
        self._snapshots = {t: held for t, held in self._snapshots.items() if clock - held[0] < SNAPSHOT_AGE_S}
        held = self._snapshots.get(topic)
        if held is None:
            held = self._snapshots[topic] = (clock, asyncio.ensure_future(self._snapshot(topic)))
        return await asyncio.shield(held[1])

    async def _snapshot(self, topic: str) -> str:
        return data_message("snapshot", topic, self._sequences.get(topic, 0), await self._build(topic))

    def _write(self, frame: Frame) -> None:
        self._sequences[frame.topic] = frame.sequence
        watchers = self._watchers.get(frame.topic)
        if watchers:
            text = data_message("frame", frame.topic, frame.sequence, frame.body)
            for subscriber in list(watchers):
                subscriber.offer(frame.topic, text)

    async def _receive(self) -> None:
        """Receive for as long as anybody watches; after an outage everybody gets a snapshot first."""
        failures = 0
        while True:
            try:
                async with self._bus.frames() as frames:
                    if failures:
                        await self._refresh()
                    failures = 0
                    async for frame in frames:
                        self._write(frame)
            except (TransportError, TimeoutError) as error:
                guard.count_failure("hub", error)
            failures += 1
            await asyncio.sleep(random.uniform(0.1, min(RETRY_MAX_S, 0.2 * 2**failures)))  # noqa: S311  jitter

    async def _refresh(self) -> None:
        for topic, watchers in list(self._watchers.items()):
            try:
                for subscriber in list(watchers):
                    await self.snapshot(subscriber, topic)
            except Exception as error:
                guard.count_failure("snapshot", error)

    async def _renew(self) -> None:
        while True:
            await self._watch(list(self._watchers))
            await asyncio.sleep(RENEW_S)

    async def _watch(self, topics: list[str]) -> None:
        try:
            await asyncio.to_thread(self._bus.watch, topics)
        except TransportError as error:
            guard.count_failure("watch", error)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, tuple[Bus, Hub]] = WeakKeyDictionary()


def get_hub() -> Hub:
    """Return the running event loop's hub; a changed bus (other settings, in tests) gets a new one."""
    from perfmon.panels.topics import build

    loop, bus = asyncio.get_running_loop(), get_bus()
    held = _hubs.get(loop)
    if held is None or held[0] is not bus:
        held = _hubs[loop] = (bus, Hub(bus, build))
    return held[1]
