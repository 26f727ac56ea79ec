"""What the two models do: targets, thinking, arrivals that wait, and a stall of the server."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from perfmon.histogram import bucket_middle
from perfmon.loadtest.generator.protocol import MAX_WAITING
from perfmon.loadtest.plans import CLOSED, OPEN, Action
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]
WAIT = Action("GET /wait", "/wait")
HALF_A_SECOND_NS = 500_000_000


def slow(generator: Generator, kind: str) -> int:
    """How many took half a second and more."""
    counts = generator.windows[(kind, "0")].histogram.counts  # type: ignore[index]
    return sum(count for index, count in counts.items() if bucket_middle(index) >= HALF_A_SECOND_NS)


def test_users_come_and_go_with_the_target(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT), target=2)
    eventually(lambda: len(counting_site.seen) == 2)
    generator.tell(target=5)
    eventually(lambda: len(counting_site.seen) == 5)
    generator.tell(target=1)
    eventually(lambda: generator.frame.get("users") == 1)
    assert generator.frame["busy"] == 5
    assert generator.frame["target"] == 1
    counting_site.free.set()
    eventually(lambda: generator.frame["busy"] <= 1)
    generator.end()


def test_arrivals_wait_when_all_users_are_busy(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT, model=OPEN, most_users=3), target=30)
    eventually(lambda: generator.frame.get("waiting", 0) >= 30)
    assert (generator.frame["users"], generator.frame["busy"], len(counting_site.seen)) == (3, 3, 3)
    counting_site.free.set()
    eventually(lambda: generator.frame["waiting"] == 0)
    generator.end()
    assert 3 <= slow(generator, "service") < 15  # more only where the machine itself stalls
    assert slow(generator, "latency") >= 15  # the first second's, which came before the others waited so long


def test_arrivals_never_sent_are_told(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT, model=OPEN, most_users=2), target=50)
    eventually(lambda: generator.frame.get("waiting", 0) >= 10)
    generator.tell(stop=True)
    counting_site.free.set()
    last = generator.last()
    assert last["sent"] == last["answered"] == counting_site.counts
    sent, not_sent = last["sent"]["0"], last["failures"]["0"]["not sent"]
    window = generator.windows[("latency", "0")]  # type: ignore[index]
    assert (window.count, window.errors) == (sent + not_sent, not_sent)
    assert generator.count("service") == sent


def test_the_line_of_arrivals_is_bounded(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT, model=OPEN, most_users=1), target=100_000)
    eventually(lambda: generator.failures.get("0", {}).get("not sent"))
    assert max(frame["waiting"] for frame in generator.frames) <= MAX_WAITING
    generator.tell(stop=True)
    counting_site.free.set()
    last = generator.last()
    assert last["sent"] == last["answered"] == counting_site.counts
    assert generator.count("latency") == last["sent"]["0"] + last["failures"]["0"]["not sent"]


@pytest.mark.parametrize("model", [OPEN, CLOSED])
def test_a_stall_of_the_server_is_seen_by_the_open_model_alone(
    counting_site: Site, generate: Generate, model: str
) -> None:
    counting_site.free.set()
    generator = generate()
    target = {OPEN: 50, CLOSED: 2}[model]
    generator.begin(plan_of(counting_site, WAIT, model=model, most_users=4), target)
    eventually(lambda: len(counting_site.seen) >= 100)
    counting_site.free.clear()
    told = len(generator.frames)
    eventually(lambda: len(generator.frames) >= told + 2)  # a whole second at least
    counting_site.free.set()
    eventually(lambda: len(counting_site.seen) >= 200)
    generator.end()
    if model == OPEN:
        assert slow(generator, "latency") >= 25  # who should have been sent in the first half of it
        assert slow(generator, "service") < 15  # its four users; more only where the machine itself stalls
    else:
        assert 2 <= slow(generator, "latency") < 15
