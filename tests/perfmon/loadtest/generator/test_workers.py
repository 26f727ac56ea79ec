"""Several processes share a run, and none of it is lost or counted twice."""

from __future__ import annotations

import signal
from collections.abc import Callable

import psutil
import pytest

from perfmon.loadtest.plans import CLOSED, OPEN
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]


def workers_of(generator: Generator) -> list[psutil.Process]:
    return psutil.Process(generator.process.pid).children()


@pytest.mark.parametrize(("model", "target"), [(CLOSED, 5), (OPEN, 100)])
def test_two_workers_are_counted_exactly(counting_site: Site, generate: Generate, model: str, target: float) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, model=model, workers=2), target)
    assert generator.told[0]["workers"] == 2
    workers = workers_of(generator)
    eventually(lambda: len(counting_site.seen) >= 200)
    last = generator.end()
    assert last["sent"] == last["answered"] == counting_site.counts
    assert generator.count("latency") == len(counting_site.seen)
    assert not any(worker.is_running() for worker in workers)


def test_when_a_worker_dies_the_other_takes_its_share(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, workers=2, think_s=(0.1, 0.1)), target=6)
    eventually(lambda: generator.frames and generator.frames[-1]["users"] == 6)
    workers_of(generator)[0].kill()
    eventually(lambda: "note" in generator.frames[-1])
    eventually(lambda: generator.frames[-1]["users"] == 6)
    assert generator.frames[-1]["workers"] == 1
    assert generator.end()["lost"] == 1


def test_no_worker_outlives_its_master(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, workers=2), target=2)
    workers = workers_of(generator)
    generator.process.send_signal(signal.SIGKILL)
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)


def test_a_run_ends_when_no_worker_is_left(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, workers=1), target=2)
    workers_of(generator)[0].kill()
    assert generator.last()["field"] == "workers"
    assert generator.process.returncode == 2
