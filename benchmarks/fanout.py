"""What a frame costs the server on its way to 2,000 sockets, beside a bare broadcast and a group per consumer.

One server process at a time is busy, on a core of its own; the subscribers, the publisher and Valkey share the other.
All servers hold their 2,000 connections all the time and take turns, so that the machine's drift hits all alike. A
delay is taken from before the frame is published to after it was found in what the subscriber's socket received, so it
contains the client's own work too. The targets for delays are for a quiet machine, so the quietest round is held
against them; the median over the rounds is shown beside it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import uvloop

from benchmarks.measure import Samples, cpu_seconds, figures, free_port, ratios, say, server
from benchmarks.report import Result
from benchmarks.sites import fanout_project
from benchmarks.sites.fanout_clients import Subscriber, Tally, connect_many, connect_stuck, masked, stamped, upgrade
from benchmarks.tables import Section, Table

if TYPE_CHECKING:
    from perfmon.live.bus import Bus

SUBSCRIBERS = 2_000
BODY_BYTES = 2_048
SETTLE_S = 0.3
STUCK_READERS, STUCK_FRAMES = 20, 3_000
RATIO_LIMIT, GROUP_RATIO_LIMIT, P99_LIMIT_MS, GROWTH_LIMIT_MIB = 1.5, 8.0, 80.0, 2.0
SERVER_CPU, CLIENT_CPU = 0, 1
MIB = 2**20
NAMES = ("hub", "broadcast", "group")
SECTION = Section(
    bound_s=200,
    versions=("Django", "channels", "channels_redis", "uvicorn", "websockets", "uvloop", "Valkey"),
    tables=(
        Table(
            ("", "hub", "bare `websockets.broadcast`", "a group subscription per consumer"),
            (
                *(
                    (f"{text} at {hz} Hz, {unit}", *(f"{name}_{hz}hz_{figure}" for name in NAMES))
                    for figure, text, unit in (
                        ("cpu_us_a_message", "processor time of the server a message", "us"),
                        ("p50_ms", "p50 delay", "ms"),
                        ("p99_ms", "p99 delay", "ms"),
                    )
                    for hz in (10, 1)
                ),
                ("connects a second until each is served", *(f"{name}_connects_per_s" for name in NAMES)),
            ),
        ),
        Table(
            ("the hub", "measured"),
            (
                ("messages lost", "hub_lost_messages"),
                ("gaps in the numbers", "hub_gaps"),
                ("messages that came again", "hub_doubled"),
                ("p99 delay at 10 Hz beside 20 readers that never read, ms", "hub_10hz_beside_stuck_p99_ms"),
                ("growth of memory for 20 readers that never read, MiB", "stuck_readers_growth_mib"),
            ),
        ),
    ),
)

Publish = Callable[[bytes], Awaitable[Any]]


@dataclass
class Server:
    """A server under test with its connections."""

    process: psutil.Popen
    port: int
    publish: Publish
    tally: Tally = field(default_factory=Tally)
    subscribers: list[Subscriber] = field(default_factory=list)
    connects_per_s: float = 0.0
    published: int = 0


@dataclass
class Burst:
    """What one turn of one server came to."""

    cpu_us: float  # a message
    p50_ms: float
    p99_ms: float
    lost: int
    gaps: int
    doubled: int


def run(quick: bool) -> Result:
    """Measure 1 Hz and 10 Hz, then readers that never read."""
    _raise_file_limit()
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        os.sched_setaffinity(0, {CLIENT_CPU})
    with tempfile.TemporaryDirectory() as folder, _valkey(Path(folder)) as url:
        os.environ.update(FANOUT_FOLDER=folder, FANOUT_VALKEY=url)
        fanout_project.set_up()
        token = fanout_project.make_token()
        return uvloop.run(_measure(Result("fanout"), quick, token))


async def _measure(result: Result, quick: bool, token: str) -> Result:
    rounds, seconds = (2, 2) if quick else (4, 3)
    bursts: dict[str, list[Burst]] = {}
    with contextlib.ExitStack() as stack:
        servers = {name: _start(stack, name) for name in ("hub", "broadcast", "group")}
        for name, one in servers.items():
            say(f"connecting {SUBSCRIBERS} subscribers to {name}")
            await _subscribe(one, name, token)
        gc.collect()
        gc.freeze()
        for at in range(rounds):
            say(f"round {at + 1} of {rounds}")
            for name, hz in (("hub", 10), ("broadcast", 10), ("hub", 1), ("group", 1), ("broadcast", 1)):
                bursts.setdefault(f"{name}_{hz}hz", []).append(await _burst(servers[name], hz, seconds))
        say("readers that never read")
        growth_mib, beside = await _stuck(servers["hub"], token)
    result.metrics |= {f"{name}_connects_per_s": round(one.connects_per_s) for name, one in servers.items()}
    _judge(result, bursts, growth_mib, beside)
    return result


def _judge(result: Result, bursts: dict[str, list[Burst]], growth_mib: float, beside: Burst) -> None:
    cpu: Samples = {name: [burst.cpu_us for burst in turns] for name, turns in bursts.items()}
    p50 = {name: [burst.p50_ms for burst in turns] for name, turns in bursts.items()}
    p99 = {name: [burst.p99_ms for burst in turns] for name, turns in bursts.items()}
    of_hub = [beside, *(burst for name, turns in bursts.items() if name.startswith("hub") for burst in turns)]
    lost, gaps, doubled = (sum(getattr(burst, of) for burst in of_hub) for of in ("lost", "gaps", "doubled"))
    for values, unit in ((cpu, "cpu_us_a_message"), (p50, "p50_ms"), (p99, "p99_ms")):
        result.metrics |= figures(values, unit)
    result.metrics |= {"hub_lost_messages": lost, "hub_gaps": gaps, "hub_doubled": doubled}
    result.metrics |= {"stuck_readers_growth_mib": growth_mib, "hub_10hz_beside_stuck_p99_ms": beside.p99_ms}
    bare, group = ratios(cpu, "hub_10hz", "broadcast_10hz"), ratios(cpu, "group_1hz", "hub_1hz")
    says = "processor time a message to a bare broadcast's"
    result.at_most("hub_to_broadcast_cpu_ratio", statistics.median(bare), RATIO_LIMIT, says, bare)
    says = "processor time a message of a group subscription per consumer to the hub's"
    result.at_least("group_to_hub_cpu_ratio", statistics.median(group), GROUP_RATIO_LIMIT, says, group)
    for hz in (1, 10):
        turns, says = p99[f"hub_{hz}hz"], f"p99 delay at {hz} Hz, the quietest round"
        result.at_most(f"hub_{hz}hz_p99_quietest_ms", min(turns), P99_LIMIT_MS, says, turns)
    result.at_most("hub_lost_messages", lost + doubled, 0, "messages lost or doubled")
    says = "growth of memory for readers that never read"
    result.at_most("stuck_readers_growth_mib", growth_mib, GROWTH_LIMIT_MIB, says)


# Servers


def _start(stack: contextlib.ExitStack, name: str) -> Server:
    port = free_port()
    asgi = (
        *(sys.executable, "-m", "uvicorn", f"benchmarks.sites.fanout_{name}:application", "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio", "--lifespan", "off"),
        *("--no-access-log", "--log-level", "error", "--timeout-graceful-shutdown", "1"),
    )
    bare = (sys.executable, "-m", "benchmarks.sites.fanout_broadcast", str(port))
    process = stack.enter_context(server(bare if name == "broadcast" else asgi, port, cpu=SERVER_CPU))
    return Server(process, port, _publishers()[name]())


def _publishers() -> dict[str, Callable[[], Publish]]:
    from benchmarks.sites.fanout_broadcast import bare_bus
    from perfmon.live.bus import get_bus

    return {
        "hub": lambda: _bus_publish(get_bus(), fanout_project.TOPIC),
        "broadcast": lambda: _bus_publish(bare_bus(os.environ["FANOUT_VALKEY"]), fanout_project.TOPIC),
        "group": _group_send,
    }


def _bus_publish(bus: Bus, topic: str) -> Publish:
    async def publish(body: bytes) -> None:
        bus.publish(topic, body)

    return publish


def _group_send() -> Publish:
    from channels.layers import get_channel_layer

    async def publish(body: bytes) -> None:
        await get_channel_layer().group_send(fanout_project.GROUP, {"type": "frame", "text": body.decode()})

    return publish


async def _subscribe(one: Server, name: str, token: str) -> None:
    hello = masked({"type": "subscribe", "topics": [fanout_project.TOPIC]}) if name == "hub" else b""
    request = upgrade(one.port, fanout_project.PATH, token)
    began_s = time.perf_counter()
    one.tally, one.subscribers = await connect_many(SUBSCRIBERS, one.port, request, hello)
    one.connects_per_s = SUBSCRIBERS / (time.perf_counter() - began_s)


@contextlib.contextmanager
def _valkey(folder: Path) -> Iterator[str]:
    from omniwriter.stack.valkey import valkey_service

    port = free_port()
    with server(valkey_service(folder / "valkey", port=port, persistent=False).command, port, cpu=CLIENT_CPU):
        yield f"redis://127.0.0.1:{port}"


def _raise_file_limit() -> None:
    needed = 4 * SUBSCRIBERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(needed, hard), hard))


# Turns


async def _burst(one: Server, hz: int, seconds: int) -> Burst:
    """Publish for some seconds at ``hz`` and wait for what is still under way; only this server is busy."""
    before = [subscriber.received for subscriber in one.subscribers]
    one.tally.clear()
    cpu_before, frames = cpu_seconds(one.process), hz * seconds
    started = time.perf_counter()
    for at in range(frames):
        await asyncio.sleep(started + at / hz - time.perf_counter())
        one.published += 1
        await one.publish(stamped(one.published, BODY_BYTES))
    await _arrived(one, sum(before) + frames * SUBSCRIBERS)
    cpu_s = cpu_seconds(one.process) - cpu_before
    got = [subscriber.received - had for subscriber, had in zip(one.subscribers, before, strict=True)]
    delays = sorted(one.tally.delays_ns)
    lost = sum(max(0, frames - count) for count in got)
    p50_ms, p99_ms = (delays[int(share * len(delays))] / 1e6 for share in (0.5, 0.99))
    return Burst(1e6 * cpu_s / max(1, len(delays)), p50_ms, p99_ms, lost, one.tally.gaps, one.tally.doubled)


async def _arrived(one: Server, wanted: int, within_s: float = 15.0) -> None:
    for _ in range(int(within_s / SETTLE_S)):
        if sum(subscriber.received for subscriber in one.subscribers) >= wanted:
            break
        await asyncio.sleep(SETTLE_S)
    await asyncio.sleep(SETTLE_S)


async def _stuck(one: Server, token: str) -> tuple[float, Burst]:
    """Return by how many MiB the server grows while readers that stopped long ago are sent more and more.

    And what the others get beside them at 10 Hz: they hold a place among the readers of that topic, too.
    """
    from perfmon.live.bus import get_bus

    topic = fanout_project.STUCK_TOPIC
    publish = _bus_publish(get_bus(), topic)
    hello = masked({"type": "subscribe", "topics": [topic, fanout_project.TOPIC]})
    request = upgrade(one.port, fanout_project.PATH, token)
    stuck = [await asyncio.to_thread(connect_stuck, one.port, request, hello) for _ in range(STUCK_READERS)]
    await asyncio.sleep(1)
    try:
        await _flood(publish)  # fills the kernel's buffers and the server's up to its limit
        before = one.process.memory_info().rss
        await _flood(publish)
        growth_mib = float(one.process.memory_info().rss - before) / MIB
        return growth_mib, await _burst(one, 10, 2)
    finally:
        for connection in stuck:
            connection.close()


async def _flood(publish: Publish) -> None:
    for at in range(STUCK_FRAMES):
        await publish(stamped(at, BODY_BYTES))
        if not at % 20:
            await asyncio.sleep(0.01)
    await asyncio.sleep(1)
