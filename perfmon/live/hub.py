"""The fan-out: one subscription to the bus a process, the same bytes to every socket that watches a topic.

A hub belongs to one event loop. It runs while sockets are open: one task receives frames, one tells the collector which
topics are watched, one asks now and then whether those who watch still may.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from perfmon import guard
from perfmon.conf import on_change as on_config_change
from perfmon.exceptions import ProtocolError, TopicError, TransportError
from perfmon.live import protocol
from perfmon.live.access import Credential, standing
from perfmon.live.bus import Bus, Frame, get_bus
from perfmon.live.coalesce import Coalesced
from perfmon.live.subscriber import Message, Subscriber
from perfmon.live.threads import in_thread

WATCH_TTL_S = 15.0
WATCH_EVERY_S = 5.0
RECHECK_EVERY_S = 30.0
SNAPSHOT_KEPT_S = 1.0  # a hundred browsers that open one page at once cost one build
FRESH_S = 1.5  # a frame that came so recently is a snapshot too
WRITES_A_TURN = 100  # then the loop's other work gets its turn: about 1 ms
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 3.0

Build = Callable[[str], bytes]


class Hub:
    """Sockets and topics of one event loop; ``build`` makes a topic's payload and raises TopicError, in a thread."""

    def __init__(self, bus: Bus, build: Build) -> None:
        self._bus = bus
        self._payloads = Coalesced(in_thread(build), SNAPSHOT_KEPT_S)
        self._joined: set[Subscriber] = set()
        self._readers: dict[str, set[Subscriber]] = {}  # never an empty set
        self._watch_now = asyncio.Event()
        self._newest: dict[str, tuple[Frame, float]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Sockets

    def join(self, subscriber: Subscriber) -> None:
        """Count an open socket in; the first one starts the hub."""
        self._joined.add(subscriber)
        if not self._tasks:
            for run in (self._receive, self._keep_watching, self._keep_checking):
                self._start(run())

    def leave(self, subscriber: Subscriber) -> None:
        """Forget a socket that is gone; the last one stops the hub."""
        self._joined.discard(subscriber)
        self.unsubscribe(subscriber, tuple(subscriber.topics))
        subscriber.close()
        if not self._joined:
            for task in self._tasks:
                task.cancel()
            self._tasks.clear()
            self._newest.clear()

    async def subscribe(self, subscriber: Subscriber, topic: str) -> None:
        """Send a snapshot, and from then on frames; raises ProtocolError."""
        if topic not in subscriber.topics and len(subscriber.topics) >= protocol.MAX_TOPICS:
            message = f"A socket watches at most {protocol.MAX_TOPICS} topics."
            raise ProtocolError("too_many_topics", message, field="topics", topic=topic)
        subscriber.topics.add(topic)
        try:
            await self.resync(subscriber, topic)
        except ProtocolError as problem:
            if problem.code == "unknown_topic":
                subscriber.topics.discard(topic)
            raise
        finally:
            if topic in subscriber.topics:
                self._add_reader(subscriber, topic)

    def unsubscribe(self, subscriber: Subscriber, topics: tuple[str, ...]) -> None:
        """Send no more frames of these topics."""
        for topic in subscriber.topics.intersection(topics):
            subscriber.topics.discard(topic)
            subscriber.forget(topic)
            readers = self._readers.get(topic, set())
            readers.discard(subscriber)
            if not readers:
                self._readers.pop(topic, None)
                self._newest.pop(topic, None)

    async def resync(self, subscriber: Subscriber, topic: str) -> None:
        """Send a snapshot of a topic subscribed to; raises ProtocolError."""
        if topic not in subscriber.topics:
            raise ProtocolError("not_subscribed", "Subscribe to the topic first.", field="topic", topic=topic)
        message = await self._snapshot(topic)
        if topic in subscriber.topics:
            subscriber.deliver(topic, message)

    def _add_reader(self, subscriber: Subscriber, topic: str) -> None:
        if topic not in self._readers:
            self._readers[topic] = set()
            self._watch_now.set()
        self._readers[topic].add(subscriber)

    # Snapshots and frames

    async def _snapshot(self, topic: str) -> Message:
        """Return the newest frame when it is fresh, else a payload built here; numbered like the newest frame."""
        newest = self._fresh(topic)
        if newest is None:
            body = await self._built(topic)
            last, _ = self._newest.get(topic, (None, 0.0))
            newest = self._fresh(topic) or Frame(topic, last.seq if last else 0, body)
        return _text(protocol.snapshot(topic, newest.seq, newest.body))

    def _fresh(self, topic: str) -> Frame | None:
        frame, received_s = self._newest.get(topic, (None, 0.0))
        return frame if asyncio.get_running_loop().time() - received_s <= FRESH_S else None

    async def _built(self, topic: str) -> bytes:
        try:
            return await self._payloads.get(topic)
        except TopicError as error:
            raise ProtocolError("unknown_topic", str(error), field="topics", topic=topic) from error
        except Exception as error:
            guard.count_failure("live snapshot", error)
            message = "The topic can't be read now; frames follow when it can."
            raise ProtocolError("unavailable", message, topic=topic) from error

    async def _fan_out(self, frame: Frame) -> None:
        if frame.topic not in self._readers:
            return
        self._newest[frame.topic] = frame, asyncio.get_running_loop().time()
        message = _text(protocol.frame(frame.topic, frame.seq, frame.body))
        await self._to_readers(frame.topic, message)

    async def _to_readers(self, topic: str, message: Message) -> None:
        for written, subscriber in enumerate(tuple(self._readers.get(topic, ())), 1):
            subscriber.deliver(topic, message)
            if not written % WRITES_A_TURN:
                await asyncio.sleep(0)

    # What runs while sockets are open

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _receive(self) -> None:
        """Fan frames out; after the bus was away, first tell everyone how things stand now."""
        pause_s, was_away = FIRST_PAUSE_S, False
        while True:
            try:
                async with self._bus.listen() as frames:
                    pause_s = FIRST_PAUSE_S
                    if was_away:
                        self._start(self._catch_up())
                    async for frame in frames:
                        await self._fan_out(frame)
            except Exception as error:
                guard.count_failure("live bus", error)
            was_away = True
            self._newest.clear()
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311  spreads the reconnects
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def _catch_up(self) -> None:
        self._watch_now.set()
        for topic in tuple(self._readers):
            with guard.guarded("live catch up"):
                await self._to_readers(topic, await self._snapshot(topic))

    async def _keep_watching(self) -> None:
        while True:
            self._watch_now.clear()
            try:
                await asyncio.to_thread(self._bus.watch, tuple(self._readers), WATCH_TTL_S)
            except TransportError as error:
                guard.count_failure("live watch", error)
            with suppress(TimeoutError):  # wait_for would lose a cancellation that comes together with the event
                async with asyncio.timeout(WATCH_EVERY_S):
                    await self._watch_now.wait()

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_EVERY_S)
            await self.recheck()

    async def recheck(self) -> None:
        """Close the sockets of those who have logged out or may no longer look; one question for each credential."""
        check = in_thread(standing)
        by_credential: defaultdict[Credential, list[Subscriber]] = defaultdict(list)
        for subscriber in self._joined:
            by_credential[subscriber.credential].append(subscriber)
        for credential, subscribers in by_credential.items():
            with guard.guarded("live recheck"):
                code = await check(credential)
                for subscriber in subscribers if code else ():
                    self.unsubscribe(subscriber, tuple(subscriber.topics))
                    subscriber.deliver("", {"type": "websocket.close", "code": code})


def _text(encoded: bytes) -> Message:
    return {"type": "websocket.send", "text": encoded.decode()}


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub() -> Hub:
    """Return the running loop's hub, which shows the dashboard's topics."""
    from perfmon.panels.topics import build

    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(get_bus(), build)
    return _hubs[loop]


on_config_change(_hubs.clear)
