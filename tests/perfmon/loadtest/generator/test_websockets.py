"""Users of websockets against the real hub on a real server: what they count is what was sent, frame by frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from perfmon.ingest import ingest
from perfmon.live.bus import Frame
from perfmon.loadtest.marks import mark_of
from perfmon.loadtest.plans import CLOSED, Plan
from perfmon.loadtest.sockets import Watch, socket_actions
from perfmon.series import SeriesKey, Windows
from perfmon.transport import local_queue
from perfmon.wire import merge_rows, unpack_process_window
from tests.fixtures.generator import Generator
from tests.perfmon.live.served import Served
from tests.waiting import eventually

TOPIC = "overview/5m"
PATH = "/ws/perfmon/"
OPENS, BRINGS = "0", "1"
Generate = Callable[..., Generator]


class Stamped:
    """Builds snapshots as the dashboard does, with the time they were made; ``broken`` ones can't be."""

    def __init__(self) -> None:
        self.broken: set[str] = set()

    def build(self, topic: str) -> bytes:
        """Return a small payload."""
        if topic in self.broken:
            raise RuntimeError("the store is broken")
        return body()


class Nobody:
    """Somebody who is not logged in."""

    pk = None
    is_authenticated = is_active = is_staff = False


def body(padding: int = 0) -> bytes:
    """Return a payload made now."""
    return orjson.dumps({"generated_at": round(time.time(), 3), "points": "7" * padding})


@pytest.fixture
def served() -> Iterator[Served]:
    """The live socket on a server, running."""
    site = Served(Stamped())  # type: ignore[arg-type]
    with site.listener, site.running():
        yield site


def plan_of(served: Served, mark: str = "7.signature", **watch: Any) -> Plan:
    """A plan of users who watch."""
    actions = socket_actions(PATH, Watch(TOPIC, **{"last_s": 60, **watch}))
    host = f"http://127.0.0.1:{served.port}"
    return Plan(host, mark, CLOSED, actions, think_s=(0.0, 0.01), timeout_s=5.0)


def recorded() -> Windows:
    """What this process has recorded."""
    ingest.flush(1_800_000_000)
    windows: Windows = {}
    for message in local_queue().take():
        merge_rows(windows, unpack_process_window(message.packed).rows)
    return windows


def readers(served: Served) -> set[Any]:
    """Who watches the topic now."""
    return served.hub._readers.get(TOPIC, set()) if served.hub else set()


def newest(served: Served) -> int:
    """Return the number of the last frame the hub has fanned out."""
    last = served.hub and served.hub._newest.get(TOPIC)
    return last[0].seq if last else 0


@pytest.fixture
def watching(served: Served, generate: Generate) -> Callable[..., Generator]:
    """Start so many users who watch, and wait until all do."""

    def start(users: int, of: int = 0, **watch: Any) -> Generator:
        generator = generate()
        generator.begin(plan_of(served, **watch), target=users)
        eventually(lambda: len(readers(served)) == (of or users))
        return generator

    return start


def test_every_user_counts_every_frame_once(served: Served, watching: Callable[..., Generator]) -> None:
    generator = watching(7)
    for _ in range(20):
        served.bus.publish(TOPIC, body())
    eventually(lambda: generator.count("frame", BRINGS) == 7 * 20)
    last = generator.end()
    assert last["sent"] == last["answered"] == {OPENS: 7}
    assert generator.failures == {}
    assert generator.count("latency", OPENS) == generator.count("service", OPENS) == 7
    assert generator.count("frame", BRINGS) == 7 * 20
    assert set(generator.windows) == {
        *(SeriesKey(kind, OPENS) for kind in ("latency", "service")), SeriesKey("frame", BRINGS),
    }  # fmt: skip


def test_a_missing_frame_and_one_that_comes_twice_are_errors(
    served: Served, watching: Callable[..., Generator]
) -> None:
    generator = watching(3)
    served.bus.publish(TOPIC, body())
    for _ in range(4):
        next(served.bus._numbers[TOPIC])  # frames that get lost on their way
    served.bus.publish(TOPIC, body())
    again = Frame(TOPIC, served.bus.publish(TOPIC, payload := body()), payload)
    for deliver in served.bus._listeners:
        deliver(again)
    eventually(lambda: generator.count("frame", BRINGS) == 3 * 8)
    generator.end()
    assert generator.failures == {BRINGS: {"gap": 3 * 4, "doubled": 3}}
    assert generator.windows[SeriesKey("frame", BRINGS)].errors == 3 * 5


def test_a_slow_reader_is_sent_only_some_frames_and_hurts_nobody(
    served: Served, watching: Callable[..., Generator]
) -> None:
    others = watching(2)
    quick = readers(served).copy()
    slow = watching(1, 2 + 1, read_every_s=0.2)
    numbers = 0
    while not (skipped := slow.windows.get(SeriesKey("skipped", BRINGS))):
        numbers = served.bus.publish(TOPIC, body(padding=30_000))
        eventually(lambda: newest(served) == numbers)  # noqa: B023  it is called before the next turn
        eventually(lambda: not any(reader._writer for reader in quick))  # or they would be called slow themselves
    eventually(lambda: others.count("frame", BRINGS) == 2 * numbers)
    slow.end()
    others.end()
    assert skipped.sum > 0
    assert slow.count("frame", BRINGS) < numbers
    assert slow.failures == others.failures == {}


def test_a_server_that_restarts_is_come_back_to(generate: Generate) -> None:
    served = Served(Stamped())  # type: ignore[arg-type]
    with served.listener:
        with served.running():
            generator = generate()
            generator.begin(plan_of(served), target=1)
            eventually(lambda: readers(served))
        with served.running():
            eventually(lambda: readers(served))
            served.bus.publish(TOPIC, body())
            eventually(lambda: generator.count("frame", BRINGS) == 2)
            last = generator.end()
    assert generator.failures == {BRINGS: {"1012": 1}}
    assert last["sent"] == last["answered"] == {OPENS: 2}


def test_a_silence_is_an_error_once(watching: Callable[..., Generator]) -> None:
    generator = watching(2)
    eventually(lambda: generator.count("frame", BRINGS) == 2)
    generator.end()
    assert generator.failures == {BRINGS: {"silent": 2}}


def test_what_the_server_calls_wrong_is_an_error_with_its_code(served: Served, generate: Generate) -> None:
    served._topics.broken.add(TOPIC)
    generator = generate()
    generator.begin(plan_of(served), target=1)
    eventually(lambda: generator.failures)
    generator.end()
    assert generator.failures[BRINGS]["unavailable"] == 1


def test_the_server_counts_the_same_connects_and_tells_their_time(
    served: Served, generate: Generate, recording: None
) -> None:
    generator = generate()
    generator.begin(plan_of(served, mark_of(7), last_s=0.01), target=3)
    eventually(lambda: generator.count("latency", OPENS) >= 20)
    last = generator.end()
    counted = recorded()[SeriesKey("load_server", f"7/{OPENS}")]
    assert last["answered"][OPENS] <= counted.count <= last["sent"][OPENS]
    told = generator.windows[SeriesKey("server", OPENS)]
    assert (told.count, told.sum) == (counted.count, counted.sum)


@pytest.mark.parametrize(("websockets", "reason"), [(False, "403"), (True, "4401")])
def test_a_refused_connect_is_an_error_with_its_reason(
    served: Served, generate: Generate, websockets: bool, reason: str
) -> None:
    served.websockets, served.user = websockets, Nobody()
    generator = generate()
    generator.begin(plan_of(served), target=2)
    eventually(lambda: generator.count("latency", OPENS) >= 2)
    last = generator.end()
    assert last["sent"] == last["answered"]
    count = generator.count("latency", OPENS)
    assert generator.failures == {OPENS: {reason: count}}
    assert generator.windows[SeriesKey("latency", OPENS)].errors == count
    assert generator.count("frame", BRINGS) == 0
