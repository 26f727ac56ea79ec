"""Several processes share a run, and none of it is lost or counted twice."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import psutil
import pytest

from omniwriter.stack.ports import free_port
from perfmon.loadtest.generator.protocol import SECRET_VARIABLE
from perfmon.loadtest.plans import CLOSED, OPEN, Action
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import COMMAND, ROOT, Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]


def workers_of(generator: Generator) -> list[psutil.Process]:
    return psutil.Process(generator.process.pid).children()


@pytest.mark.parametrize(("model", "target"), [(CLOSED, 5), (OPEN, 100)])
def test_two_workers_are_counted_exactly(counting_site: Site, generate: Generate, model: str, target: float) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, Action("GET /ok/<n>", "/ok/{n}"), model=model, workers=2), target)
    assert generator.told[0]["workers"] == 2
    workers = workers_of(generator)
    eventually(lambda: len(counting_site.seen) >= 200)
    last = generator.end()
    assert last["sent"] == last["answered"] == counting_site.counts
    assert generator.count("latency") == len(counting_site.seen)
    assert len({one.path for one in counting_site.seen}) == len(counting_site.seen)
    assert not any(worker.is_running() for worker in workers)


def test_when_a_worker_dies_the_other_takes_its_share(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, workers=2, think_s=(0.1, 0.1)), target=6)
    eventually(lambda: generator.frame.get("users") == 6)
    first, second = workers_of(generator)
    first.kill()
    eventually(lambda: "note" in generator.frame)
    eventually(lambda: generator.frame["users"] == 6)
    assert generator.frame["workers"] == 1
    second.kill()
    assert generator.last()["field"] == "workers"
    assert generator.process.returncode == 2


def test_no_worker_outlives_its_master(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, workers=2), target=2)
    workers = workers_of(generator)
    generator.process.send_signal(signal.SIGKILL)
    psutil.wait_procs(workers, timeout=10)
    assert not any(worker.is_running() for worker in workers)


def test_workers_of_other_machines_join_by_the_secret(
    counting_site: Site, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = str(free_port())
    monkeypatch.setenv(SECRET_VARIABLE, "ours")
    generator = generate("--master-port", port, "--expect-workers", "1")
    worker = subprocess.Popen([*COMMAND, "--worker", f"127.0.0.1:{port}"], cwd=ROOT)
    monkeypatch.setenv(SECRET_VARIABLE, "theirs")
    stranger = subprocess.Popen([*COMMAND, "--worker", f"127.0.0.1:{port}"], cwd=ROOT)
    generator.begin(plan_of(counting_site), target=2)
    eventually(lambda: len(counting_site.seen) >= 50)
    assert stranger.wait(30) == 0
    last = generator.end()
    assert last["sent"] == last["answered"] == counting_site.counts
    assert worker.wait(30) == 0
    generator.may_complain = "A worker that does not belong to this run, or one too many, was sent away.\n"
