"""The keeper: its server and all the server started end with it, also when whoever started them was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from perfmon.perftest import keeper
from tests.waiting import eventually, has_ended

KEEPER = [sys.executable, "-I", "-S", str(Path(keeper.__file__))]
#: A server with a child; both wait for ever.
FAMILY = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
STARTS = f"""
import subprocess, sys, time
subprocess.Popen({KEEPER!r} + [sys.executable, "-c", {FAMILY!r}], stdin=subprocess.PIPE)
time.sleep(600)
"""


def family_of(pid: int, size: int) -> list[psutil.Process]:
    """The descendants of a process, once there are so many."""
    process = psutil.Process(pid)
    eventually(lambda: len(process.children(recursive=True)) == size)
    return process.children(recursive=True)


def gone(processes: list[psutil.Process]) -> bool:
    return all(map(has_ended, processes))


def test_it_ends_the_server_and_its_children_when_its_input_closes():
    with subprocess.Popen([*KEEPER, sys.executable, "-c", FAMILY], stdin=subprocess.PIPE) as kept:
        family = family_of(kept.pid, 2)
        kept.stdin.close()
        kept.wait(20)
    assert gone(family)


def test_it_does_so_when_whoever_started_it_is_killed():
    with subprocess.Popen([sys.executable, "-c", STARTS]) as starter:
        family = family_of(starter.pid, 3)
        starter.kill()
    eventually(lambda: gone(family))


@pytest.mark.parametrize("code", [0, 7])
def test_it_ends_as_its_server_ends(code):
    command = [*KEEPER, sys.executable, "-c", f"raise SystemExit({code})"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as kept:
        assert kept.wait(30) == code


def test_a_program_that_is_not_there_is_said():
    done = subprocess.run([*KEEPER, "/no/such/program"], capture_output=True, timeout=30, check=False)
    assert done.returncode == 127
    assert done.stderr == b"/no/such/program: No such file or directory\n"
