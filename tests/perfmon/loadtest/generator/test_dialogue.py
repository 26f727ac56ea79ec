"""A run from the plan to the last word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import psutil
import pytest

from perfmon.loadtest.plans import CLOSED, OPEN, Action
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import COMMAND, ROOT, Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]
WAIT = Action("GET /wait", "/wait")


@pytest.mark.parametrize(("model", "target"), [(CLOSED, 4), (OPEN, 200)])
def test_every_request_is_counted_once(counting_site: Site, generate: Generate, model: str, target: float) -> None:
    actions = (Action("GET /ok", "/ok", weight=3), Action("POST /ok", "/ok", method="POST", body={"a": "b"}))
    generator = generate()
    generator.begin(plan_of(counting_site, *actions, model=model), target)
    eventually(lambda: len(counting_site.seen) >= 200)
    last = generator.end()
    assert generator.process.returncode == 0
    assert last["sent"] == last["answered"] == counting_site.counts
    for kind in ("latency", "service", "server", "queue", "gap"):
        assert {key: generator.count(kind, key) for key in ("0", "1")} == counting_site.counts
    assert last["failures"] == generator.failures == {}


def test_a_frame_is_told_of_each_second_also_of_idle_ones(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site), target=0)
    eventually(lambda: len(generator.frames) >= 3)
    generator.end()
    seconds = [frame["second"] for frame in generator.frames]
    assert seconds == sorted(set(seconds))
    assert all(frame["rows"] == {} and frame["users"] == 0 for frame in generator.frames)
    assert counting_site.seen == []


def test_stopping_waits_for_what_is_at_work(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT), target=3)
    eventually(lambda: len(counting_site.seen) == 3)
    generator.tell(stop=True)
    eventually(lambda: generator.frame.get("busy") == 3 and generator.frame["users"] == 0)
    counting_site.free.set()
    last = generator.last()
    assert last["sent"] == last["answered"] == counting_site.counts == {"0": 3}


def test_what_does_not_end_after_the_stop_is_timed_out(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT, timeout_s=0.5), target=3)
    eventually(lambda: len(counting_site.seen) >= 3)
    last = generator.end()
    assert last["answered"] == {}
    assert last["failures"] == {"0": {"timed out": last["sent"]["0"]}}


def test_the_end_of_stdin_cuts_what_is_at_work(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, WAIT), target=3)
    eventually(lambda: len(counting_site.seen) == 3)
    generator.hang_up()
    last = generator.last()
    assert last["sent"] == {"0": 3}
    assert last["failures"] == generator.failures == {"0": {"cut": 3}}
    assert generator.windows[("latency", "0")].errors == 3  # type: ignore[index]


def test_it_ends_when_its_parent_is_gone() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *COMMAND], stdout=subprocess.PIPE, stdin=subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout
    generator = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    psutil.wait_procs([generator], timeout=10)
    assert not generator.is_running()


PARENT = """
import subprocess, sys
print(subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE).pid, flush=True)
sys.stdin.read()
"""


def test_a_plan_that_cannot_be_done_is_refused(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.tell(plan=plan_of(counting_site, timeout_s=-1.0).to_wire())
    assert generator.last() == {"error": "The plan's timeout_s must be more than 0.", "field": "timeout_s"}
    assert generator.process.returncode == 2


def test_bytes_that_are_no_message_end_a_run(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site), target=1)
    generator.tell_bytes(b"\xc1 no msgpack")
    assert generator.last()["field"] == "stdin"
    assert generator.process.returncode == 2
