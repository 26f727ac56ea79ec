"""How busy the generator says it is. Read in a process of its own: Locust replaces a process's sockets."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.fixtures.generator import ROOT

READ = """
import json, sys, time
from perfmon.loadtest.generator import gauges
wall_ns = cpu_ns = 0
gauges.now_ns, time.process_time_ns = lambda: wall_ns, lambda: cpu_ns
told = {}
for name, steps in json.load(sys.stdin).items():
    read, told[name] = gauges.Gauges(), []
    for wall_ms, cpu_ms in steps:
        wall_ns, cpu_ns = wall_ns + wall_ms * 1_000_000, cpu_ns + cpu_ms * 1_000_000
        told[name].append(read.take()["cpu_pct"])
print(json.dumps(told))
"""
#: What passes from one reading to the next, in ms: time, and the processor's time.
STEPS_MS = {
    "each second": [(1000, 20), (1000, 500), (1000, 2000)],
    "the end": [(1000, 20), (30, 25)],
    "after a short one": [(1000, 20), (30, 25), (970, 75)],
    "a short one first": [(300, 60), (1000, 20)],
}


@pytest.fixture(scope="module")
def told_pct() -> dict[str, list[float]]:
    """What is told at each step."""
    command = [sys.executable, "-c", READ]
    done = subprocess.run(command, input=json.dumps(STEPS_MS), cwd=ROOT, capture_output=True, check=True, text=True)
    told: dict[str, list[float]] = json.loads(done.stdout)
    return told


def test_each_second_tells_its_own_processor_time(told_pct: dict[str, list[float]]) -> None:
    assert told_pct["each second"] == [2.0, 50.0, 200.0]


def test_what_ends_a_run_in_milliseconds_is_not_told_as_a_busy_second(told_pct: dict[str, list[float]]) -> None:
    assert told_pct["the end"] == [2.0, 2.0]


def test_what_was_too_short_to_tell_is_in_the_next_second(told_pct: dict[str, list[float]]) -> None:
    assert told_pct["after a short one"] == [2.0, 2.0, 10.0]


def test_the_first_reading_may_be_short(told_pct: dict[str, list[float]]) -> None:
    assert told_pct["a short one first"] == [20.0, 2.0]
