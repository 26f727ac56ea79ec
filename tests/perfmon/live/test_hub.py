"""The fan-out: what each socket is written, whatever the others do."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from perfmon import guard
from perfmon.conf import Config
from perfmon.exceptions import ProtocolError
from perfmon.live import hub as hub_module
from perfmon.live.access import Credential
from perfmon.live.hub import Hub
from perfmon.live.subscriber import Subscriber
from perfmon.live.valkey import ValkeyBus
from tests.perfmon.live.conftest import until

TOPIC = "overview/5m"


class Wire:
    """The server's side of a socket: takes messages while ``writable``, as uvicorn's ``send`` does."""

    def __init__(self, *, gone: bool = False) -> None:
        self.writable = asyncio.Event()
        self.writable.set()
        self.gone = gone
        self.heard: list[dict[str, Any]] = []
        self.raw: list[str] = []
        self.subscriber = Subscriber(self.send, Credential("user", "1"))

    async def send(self, message: dict[str, Any]) -> None:
        """Take one message."""
        await self.writable.wait()
        if self.gone:
            raise OSError("the client is gone")
        self.raw.append(message["text"])
        self.heard.append(json.loads(message["text"]))

    @property
    def frames(self) -> list[Any]:
        """The bodies of the frames heard."""
        return [message["data"] for message in self.heard if message["type"] == "frame"]


@pytest.fixture
async def live(bus, topics):
    """A hub on each kind of bus; joined sockets leave at the end."""
    hub = Hub(bus, topics.build)
    yield hub
    for subscriber in tuple(hub._joined):
        hub.leave(subscriber)
    await asyncio.sleep(0)


async def watching(hub: Hub, *wires: Wire, topic: str = TOPIC) -> None:
    """Join and subscribe, and wait until frames can be heard."""
    for wire in wires:
        hub.join(wire.subscriber)
        await hub.subscribe(wire.subscriber, topic)
    await listening(hub)


async def listening(hub: Hub) -> None:
    """Publish to a topic of our own until the hub's ear is on the bus."""
    wire = Wire()
    hub.join(wire.subscriber)
    await hub.subscribe(wire.subscriber, "overview/probe")
    async with asyncio.timeout(5):
        while not wire.frames:
            await publish(hub, "overview/probe", b"0")
            await asyncio.sleep(0.01)
    hub.leave(wire.subscriber)


async def publish(hub: Hub, topic: str, body: bytes) -> None:
    """Publish from a thread, as the collector does."""
    await asyncio.to_thread(hub._bus.publish, topic, body)


async def test_every_reader_of_a_topic_is_written_the_same_text(live):
    wires = [Wire() for _ in range(250)]
    await watching(live, *wires)
    other = Wire()
    await watching(live, other, topic="overview/1h")
    await publish(live, TOPIC, b'{"n":1}')
    await until(lambda: all(wire.frames == [{"n": 1}] for wire in wires))
    assert len({id(wire.raw[-1]) for wire in wires}) == 1
    assert other.frames == []


async def test_two_hubs_hear_the_same_frames(bus, topics):
    hubs = [Hub(bus, topics.build) for _ in range(2)]
    wires = [Wire(), Wire()]
    for one, wire in zip(hubs, wires, strict=True):
        await watching(one, wire)
    for n in range(3):
        await publish(hubs[0], TOPIC, b"%d" % n)
    await until(lambda: all(len(wire.frames) == 3 for wire in wires))
    assert wires[0].heard[1:] == wires[1].heard[1:]
    for one, wire in zip(hubs, wires, strict=True):
        one.leave(wire.subscriber)


async def test_the_collector_hears_at_once_what_is_watched(live, bus):
    wire = Wire()
    live.join(wire.subscriber)
    await live.subscribe(wire.subscriber, TOPIC)
    await until(lambda: TOPIC in bus.watched())
    assert bus.watched() == {TOPIC}


async def test_the_collector_never_hears_of_a_topic_that_does_not_exist(live, bus):
    wire = Wire()
    live.join(wire.subscriber)
    with pytest.raises(ProtocolError):
        await live.subscribe(wire.subscriber, "nothing/5m")
    await live.subscribe(wire.subscriber, TOPIC)
    await until(bus.watched)
    assert bus.watched() == {TOPIC}
    assert wire.subscriber.topics == {TOPIC}


async def test_a_slow_reader_gets_the_newest_frame_of_each_topic_only(live):
    slow, quick = Wire(), Wire()
    await watching(live, slow, quick)
    await live.subscribe(slow.subscriber, "overview/1h")
    slow.writable.clear()
    for n in range(50):
        await publish(live, TOPIC, b"%d" % n)
    await publish(live, "overview/1h", b'"other"')
    await until(lambda: len(quick.frames) == 50)
    await until(lambda: len(slow.subscriber._waiting) == 2)
    slow.writable.set()
    await until(lambda: len(slow.frames) == 3)
    assert slow.frames == [0, 49, "other"]
    assert quick.frames == list(range(50))
    assert slow.subscriber.skipped == 48


async def test_a_reader_that_caught_up_is_written_to_at_once_again(live):
    wire = Wire()
    await watching(live, wire)
    wire.writable.clear()
    await publish(live, TOPIC, b"1")
    await until(lambda: wire.subscriber._writer is not None)
    wire.writable.set()
    await until(lambda: wire.subscriber._writer is None)
    await publish(live, TOPIC, b"2")
    await until(lambda: wire.frames == [1, 2])
    assert wire.subscriber.skipped == 0


async def test_a_client_that_is_gone_does_not_disturb_the_others(live):
    gone, here = Wire(), Wire()
    await watching(live, gone, here)
    gone.gone = True
    await publish(live, TOPIC, b"1")
    await publish(live, TOPIC, b"2")
    await until(lambda: here.frames == [1, 2])
    assert gone.subscriber.closed


async def test_a_hundred_browsers_that_come_at_once_cost_one_build(live, topics):
    wires = [Wire() for _ in range(100)]
    for wire in wires:
        live.join(wire.subscriber)
    await asyncio.gather(*(live.subscribe(wire.subscriber, TOPIC) for wire in wires))
    assert topics.builds == [TOPIC]
    assert all(wire.heard[0]["type"] == "snapshot" for wire in wires)


async def test_a_fresh_frame_is_a_snapshot_too_and_the_next_frame_follows_it(live, topics):
    first, late = Wire(), Wire()
    await watching(live, first)
    await publish(live, TOPIC, b"1")
    await until(lambda: first.frames == [1])
    builds = len(topics.builds)
    live.join(late.subscriber)
    await live.subscribe(late.subscriber, TOPIC)
    assert len(topics.builds) == builds
    await publish(live, TOPIC, b"2")
    await until(lambda: late.frames == [2])
    assert [(m["type"], m["seq"], m["data"]) for m in late.heard] == [("snapshot", 1, 1), ("frame", 2, 2)]


async def test_a_failed_build_is_not_kept(live, topics):
    wire = Wire()
    live.join(wire.subscriber)
    topics.broken.add(TOPIC)
    with pytest.raises(ProtocolError):
        await live.subscribe(wire.subscriber, TOPIC)
    topics.broken.clear()
    await live.resync(wire.subscriber, TOPIC)
    assert wire.heard[-1]["type"] == "snapshot"


async def test_the_last_socket_stops_the_hub_and_the_next_one_starts_it_again(live):
    wire = Wire()
    await watching(live, wire)
    tasks = set(live._tasks)
    live.leave(wire.subscriber)
    await until(lambda: all(task.done() for task in tasks))
    again = Wire()
    await watching(live, again)
    await publish(live, TOPIC, b"1")
    await until(lambda: again.frames == [1])


async def test_valkey_away_for_a_while_costs_no_socket_and_brings_fresh_snapshots(mortal_valkey, settings, topics):
    settings.PERFMON = {"VALKEY_URL": mortal_valkey.url, "LOCAL_COLLECTOR": False}
    hub = Hub(ValkeyBus(Config(valkey_url=mortal_valkey.url)), topics.build)
    wire = Wire()
    await watching(hub, wire)
    await publish(hub, TOPIC, b"1")
    await until(lambda: wire.frames == [1])
    await asyncio.to_thread(mortal_valkey.kill)
    await until(lambda: guard.failures["live bus"] >= 2)
    assert [message["type"] for message in wire.heard] == ["snapshot", "frame"]  # nothing false is said meanwhile
    await asyncio.to_thread(mortal_valkey.start)
    await until(lambda: wire.heard[-1]["type"] == "snapshot" and len(wire.heard) > 2, within_s=10)
    await publish(hub, TOPIC, b"2")
    await until(lambda: wire.frames == [1, 2])
    hub.leave(wire.subscriber)
    assert (
        wire.heard[-1]["seq"] == 1
    )  # that Valkey lost its memory too: numbers are only told apart within a connection


async def test_a_long_outage_is_retried_ever_more_slowly(live, monkeypatch):
    pauses: list[float] = []

    async def paused(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 8:
            raise asyncio.CancelledError

    def refused() -> None:
        raise OSError("down")

    monkeypatch.setattr(live._bus, "listen", refused)
    monkeypatch.setattr(hub_module.asyncio, "sleep", paused)
    with pytest.raises(asyncio.CancelledError):
        await live._receive()
    assert pauses[0] <= hub_module.FIRST_PAUSE_S
    assert all(hub_module.LONGEST_PAUSE_S / 2 <= pause <= hub_module.LONGEST_PAUSE_S for pause in pauses[-2:])
