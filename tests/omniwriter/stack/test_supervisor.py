"""The supervisor starts in order, restarts what ends, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from omniwriter.stack.errors import NotReadyError, StackError
from omniwriter.stack.ports import free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Service
from omniwriter.stack.supervisor import Member, State, Supervisor, back_off_s
from tests.fixtures.site import ROOT
from tests.waiting import eventually

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


SLOW_TO_WORK = """
import http.server, time
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(404 if time.monotonic() > began_s + 0.5 else 500)
began_s = time.monotonic()
http.server.HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""


class Recorder:
    """A view that remembers every change."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, State]] = []

    def changed(self, member: Member) -> None:
        self.changes.append((member.service.name, member.state))

    def refresh(self, members: Sequence[Member]) -> None:
        pass


def python(name: str, code: str, **given: object) -> Service:
    return Service(name, (sys.executable, "-c", code), **{"says": "up", **given})  # type: ignore[arg-type]


@pytest.fixture
def view() -> Recorder:
    return Recorder()


@pytest.fixture
def supervisor(tmp_path: Path, view: Recorder):
    with Tree() as own:
        yield Supervisor(own, tmp_path, view)


def pid_of(supervisor: Supervisor, index: int = 0) -> int:
    running = supervisor.members[index].running
    assert running
    return running.child.pid


def test_a_stage_starts_when_the_one_before_is_ready(supervisor: Supervisor, view: Recorder) -> None:
    slow = "import time; time.sleep(0.3); print('up', flush=True); time.sleep(60)"
    supervisor.start([python("second", SLEEPER, stage=1), python("first", slow, stage=0)])

    assert view.changes == [
        ("first", State.STARTING),
        ("first", State.READY),
        ("second", State.STARTING),
        ("second", State.READY),
    ]


def test_a_service_on_a_port_is_ready_when_the_port_answers(supervisor: Supervisor) -> None:
    port = free_port()
    server = f"import time, socket; time.sleep(0.2); s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    supervisor.start([python("server", server, says="", listens=port)])

    assert supervisor.members[0].state is State.READY


def test_a_service_with_a_page_is_ready_when_the_page_works(supervisor: Supervisor) -> None:
    port = free_port()
    server = SLOW_TO_WORK.format(port=port)
    began_s = time.monotonic()
    supervisor.start([python("server", server, says="", listens=port, page="/page")])

    assert time.monotonic() - began_s > 0.5
    assert supervisor.members[0].state is State.READY


def test_a_service_that_dies_at_the_first_start_is_told_with_its_last_lines(supervisor: Supervisor) -> None:
    with pytest.raises(NotReadyError, match=r"(?s)broken ended with exit code 3.*no such table"):
        supervisor.start([python("broken", "import sys; print('no such table'); sys.exit(3)")])


def test_a_service_that_is_never_ready_is_given_up(supervisor: Supervisor) -> None:
    with pytest.raises(NotReadyError, match="mute was not ready after 0 s"):
        supervisor.start([python("mute", "import time; time.sleep(60)", ready_s=0.2)])


def test_a_program_that_can_not_be_run_is_named(supervisor: Supervisor) -> None:
    with pytest.raises(StackError, match="Can't start ghost"):
        supervisor.start([Service("ghost", ("/nowhere/ghost",))])


def test_a_killed_service_is_restarted(supervisor: Supervisor) -> None:
    supervisor.start([python("sleeper", SLEEPER)])
    before = pid_of(supervisor)

    os.kill(before, signal.SIGKILL)
    eventually(lambda: supervisor.step() or supervisor.members[0].restarts == 1)
    eventually(lambda: supervisor.step() or supervisor.members[0].state is State.READY)

    assert pid_of(supervisor) != before
    assert "was ended by SIGKILL; next try in 0.5 s" in supervisor.members[0].note


def test_the_wait_before_a_restart_doubles_up_to_a_limit() -> None:
    assert [back_off_s(failures) for failures in (1, 2, 3, 4)] == [0.5, 1, 2, 4]
    assert back_off_s(50) == 30


def test_stopping_ends_the_foundations_last(supervisor: Supervisor, view: Recorder) -> None:
    supervisor.start([python("ground", SLEEPER, stage=0), python("house", SLEEPER, stage=1)])
    view.changes.clear()

    supervisor.stop()

    assert [name for name, state in view.changes if state is State.STOPPED] == ["house", "ground"]


def test_a_service_that_ignores_its_stop_signal_is_killed_in_time(supervisor: Supervisor) -> None:
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); " + SLEEPER
    supervisor.start([python("deaf", deaf, stop_s=0.3)])
    pid, began_s = pid_of(supervisor), time.monotonic()

    supervisor.stop()

    assert time.monotonic() - began_s < 2
    assert not psutil.pid_exists(pid)


def test_stopping_ends_grandchildren_too(supervisor: Supervisor, tmp_path: Path) -> None:
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); " + SLEEPER
    supervisor.start([python("parent", parent)])
    (grandchild,) = psutil.Process(pid_of(supervisor)).children()

    supervisor.stop()

    eventually(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)
    assert not psutil.pid_exists(pid_of(supervisor))


KILLED = """
import sys, time
from pathlib import Path
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, Service
sleeper = {sleeper!r}
deaf = "import signal; signal.signal(15, signal.SIG_IGN); " + sleeper
parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {{deaf!r}}]); " + deaf
tree = Tree()
running = Running(Service("parent", (sys.executable, "-c", parent), says="up"), tree, Path({log!r}))
running.wait_ready()
print(running.child.pid, flush=True)
time.sleep(60)
"""


def test_kill_9_of_the_supervisor_leaves_nothing_behind(tmp_path: Path) -> None:
    code = KILLED.format(sleeper=SLEEPER, log=str(tmp_path / "log"))
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout
        parent = psutil.Process(int(supervisor.stdout.readline()))
        eventually(parent.children)
        family = [*psutil.Process(supervisor.pid).children(recursive=True)]
        supervisor.kill()

    assert len(family) == 3  # the sentinel, the service, its child
    eventually(lambda: not any(process.is_running() for process in family), within_s=5)
