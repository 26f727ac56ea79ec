"""The server's processes: found by their port with their children, their memory read, their comings and goings seen."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from perfmon.exceptions import PerftestError
from perfmon.perftest.processes import READINGS, ServerProcesses, processes_on

MB = 2**20
#: Listens, starts a child that has the same socket, and holds so much more memory with each line it is told.
SERVER = """
import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=[listener.fileno()])
print(listener.getsockname()[1], child.pid, flush=True)
held = []
for line in sys.stdin:
    held.append(b"x" * int(line)) if line.strip() != "end" else (child.communicate(b"\\n"), child.wait())
    print("done", flush=True)
"""


class Told:
    """Such a server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.pid = process.pid
        self.port, self.child = map(int, process.stdout.readline().split())

    def tell(self, line: object) -> None:
        """Have it do something, and wait until it has."""
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@pytest.fixture
def told() -> Iterator[Told]:
    """A server in a process of its own."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Told(process)
        process.stdin.close()


def test_they_are_all_who_listen_and_their_children(told):
    found = processes_on(told.port)
    assert [one.pid for one in found.processes] == [told.pid, told.child]
    assert str(found).endswith(f", process {told.pid} and 1 more")
    assert not found.changed()


@pytest.mark.parametrize("reading", READINGS)
def test_memory_they_take_is_seen_to_a_twentieth(told, reading):
    found = processes_on(told.port)
    found.reading = reading
    before = found.memory_bytes()
    told.tell(40 * MB)
    assert found.memory_bytes() - before == pytest.approx(40 * MB, rel=0.05)


def test_proportional_memory_is_read_where_the_kernel_tells_it(told):
    assert processes_on(told.port).reading == "pss_anon"


def test_one_that_ended_is_missed(told):
    found = processes_on(told.port)
    told.tell("end")
    assert found.changed()
    assert found.memory_bytes() is None


def test_the_one_who_measures_is_not_among_them(told):
    assert os.getpid() not in [one.pid for one in processes_on(told.port).processes]


def test_nobody_on_a_port_is_said_with_what_to_do():
    with pytest.raises(PerftestError, match=r"--pid.*--checks time,concurrency") as caught:
        processes_on(1)
    assert caught.value.could_not_run


def test_a_process_that_is_not_there_is_named():
    with pytest.raises(PerftestError, match="not there"):
        ServerProcesses([2**22 + 1])
