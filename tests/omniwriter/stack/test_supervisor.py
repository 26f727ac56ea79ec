"""The supervisor starts in order, restarts what ends, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from omniwriter.stack.errors import NotReadyError, StackError
from omniwriter.stack.ports import free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Repair, Service
from omniwriter.stack.supervisor import Member, State, Supervisor, back_off_s
from tests.fixtures.site import ROOT
from tests.waiting import eventually, has_ended

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
    floors = [python("ground", SLEEPER), python("wall", SLEEPER, stage=1)]
    supervisor.start([*floors, python("roof", SLEEPER, stage=2), python("flag", SLEEPER, stage=3)])
    view.changes.clear()

    supervisor.stop()

    assert [name for name, state in view.changes if state is State.STOPPED] == ["roof", "flag", "wall", "ground"]


def test_who_hears_the_others_out_is_told_to_stop_when_they_have_ended(supervisor: Supervisor, view: Recorder) -> None:
    upper = [python("collector", SLEEPER, stage=2, hear_out=True), python("web", SLEEPER, stage=2)]
    supervisor.start([python("valkey", SLEEPER), *upper, python("worker", SLEEPER, stage=3)])
    view.changes.clear()

    supervisor.stop()

    told = [(name, state) for name, state in view.changes if state in (State.STOPPING, State.STOPPED)]
    assert told[:4] == [(name, state) for state in (State.STOPPING, State.STOPPED) for name in ("web", "worker")]
    assert told[4:6] == [("collector", State.STOPPING), ("collector", State.STOPPED)]
    assert [name for name, _ in told[6:]] == ["valkey", "valkey"]


def test_a_service_that_ignores_its_stop_signal_is_killed_in_time(supervisor: Supervisor) -> None:
    deaf = "import signal; signal.signal(15, signal.SIG_IGN); " + SLEEPER
    supervisor.start([python("deaf", deaf, stop_s=0.3)])
    pid, began_s = pid_of(supervisor), time.monotonic()

    supervisor.stop()

    assert time.monotonic() - began_s < 3  # which services are given else
    assert not psutil.pid_exists(pid)


def test_stopping_ends_grandchildren_too(supervisor: Supervisor, tmp_path: Path) -> None:
    parent = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEPER!r}]); " + SLEEPER
    supervisor.start([python("parent", parent)])
    (grandchild,) = psutil.Process(pid_of(supervisor)).children()

    supervisor.stop()

    eventually(lambda: has_ended(grandchild))
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
    eventually(lambda: not any(process.is_running() for process in family))


def repairable(name: str, code: str, repair: str, **given: object) -> Service:
    """Return a service in whose place a Python program can be run; broken and well as the keywords say."""
    how = {"broken": lambda: False, "well": lambda: True, **given}
    return replace(python(name, code), repair=Repair((sys.executable, "-c", repair), **how))  # type: ignore[arg-type]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let restarts and questions follow each other quickly."""
    monkeypatch.setattr("omniwriter.stack.supervisor.BACK_OFF_S", 0.05)
    monkeypatch.setattr("omniwriter.stack.probe.ASK_S", 0.05)


def states_until_ready(supervisor: Supervisor, view: Recorder) -> list[State]:
    member = supervisor.members[0]
    eventually(lambda: supervisor.step() or member.state is State.READY)
    return [state for name, state in view.changes if name == member.service.name]


def test_what_is_broken_is_repaired_before_it_is_started(
    supervisor: Supervisor, view: Recorder, tmp_path: Path, impatient: None
) -> None:
    part = tmp_path / "part"
    mend = f"open({str(part)!r}, 'w')"
    supervisor.start([repairable("copy", SLEEPER, mend, broken=lambda: not part.exists())])

    assert states_until_ready(supervisor, view) == [State.REPAIRING, State.STARTING, State.READY]


def test_nobody_waits_for_what_can_be_repaired(supervisor: Supervisor, view: Recorder) -> None:
    slow = "import time; time.sleep(60)"
    supervisor.start([repairable("copy", SLEEPER, slow, broken=lambda: True), python("house", SLEEPER, stage=2)])

    assert [member.state for member in supervisor.members] == [State.REPAIRING, State.READY]


def test_two_failures_before_it_was_ready_are_repaired(
    supervisor: Supervisor, view: Recorder, tmp_path: Path, impatient: None
) -> None:
    part = tmp_path / "part"
    needs_part = f"open({str(part)!r}); " + SLEEPER
    supervisor.start([repairable("copy", needs_part, f"open({str(part)!r}, 'w')")])

    failed = [State.STARTING, State.RESTARTING]
    assert states_until_ready(supervisor, view) == [*failed, *failed, State.REPAIRING, State.STARTING, State.READY]


def test_deaths_after_it_was_ready_are_no_reason_to_repair(
    supervisor: Supervisor, view: Recorder, impatient: None
) -> None:
    supervisor.start([repairable("copy", SLEEPER, "")])
    for _ in range(3):
        states_until_ready(supervisor, view)
        os.kill(pid_of(supervisor), signal.SIGKILL)
        eventually(lambda: supervisor.step() or supervisor.members[0].state is State.RESTARTING)

    assert State.REPAIRING not in states_until_ready(supervisor, view)


def test_what_runs_but_does_not_do_its_work_is_repaired(
    supervisor: Supervisor, view: Recorder, tmp_path: Path, impatient: None
) -> None:
    part = tmp_path / "part"
    copy = repairable("copy", SLEEPER, f"open({str(part)!r}, 'w')", well=part.exists, unwell_s=0.3)
    supervisor.start([copy])
    states_until_ready(supervisor, view)
    view.changes.clear()

    eventually(lambda: supervisor.step() or view.changes)

    expected = [State.RESTARTING, State.REPAIRING, State.STARTING, State.READY]
    assert states_until_ready(supervisor, view) == expected
    assert "has not done its work" in supervisor.members[0].note


def test_a_question_without_an_answer_holds_nothing_up(supervisor: Supervisor, impatient: None) -> None:
    def never() -> bool:
        asked.append(1)
        answered.wait()
        return True

    asked: list[int] = []
    answered = threading.Event()
    supervisor.start([repairable("copy", SLEEPER, "", well=never)])
    eventually(lambda: supervisor.step() or asked)
    began_s = time.monotonic()
    for _ in range(20):
        supervisor.step()

    assert time.monotonic() - began_s < 1
    assert asked == [1]
    answered.set()


def test_a_repair_that_fails_is_tried_again(
    supervisor: Supervisor, view: Recorder, tmp_path: Path, impatient: None
) -> None:
    first, part = tmp_path / "first", tmp_path / "part"
    second_time = f"import os, sys; seen = os.path.exists({str(first)!r}); open({str(first)!r}, 'w'); "
    second_time += f"open({str(part)!r}, 'w') if seen else sys.exit('no primary')"
    supervisor.start([repairable("copy", SLEEPER, second_time, broken=lambda: not part.exists())])

    expected = [State.REPAIRING, State.RESTARTING, State.REPAIRING, State.STARTING, State.READY]
    assert states_until_ready(supervisor, view) == expected
    assert "could not be repaired: its repair ended with exit code 1" in supervisor.members[0].note
    assert "no primary" in supervisor.members[0].note


def test_nobody_waits_for_what_is_not_needed(supervisor: Supervisor, view: Recorder) -> None:
    slow = "import time; time.sleep(0.5); print('up', flush=True); time.sleep(60)"
    (member,) = supervisor.start([python("extra", slow, needed=False)])

    assert member.state is State.STARTING
    eventually(lambda: supervisor.step() or member.state is State.READY)
    assert view.changes == [("extra", State.STARTING), ("extra", State.READY)]


def test_what_is_not_needed_is_given_up_when_its_first_start_fails(supervisor: Supervisor) -> None:
    (member,) = supervisor.start([python("extra", "raise SystemExit('No such processor.')", needed=False)])

    eventually(lambda: supervisor.step() or member.state is State.UNAVAILABLE)
    assert member.note == "ended with exit code 1. No such processor."
    supervisor.step()
    assert member.state is State.UNAVAILABLE


def test_what_is_not_needed_is_restarted_once_it_was_there(supervisor: Supervisor) -> None:
    (member,) = supervisor.start([python("extra", SLEEPER, needed=False)])
    eventually(lambda: supervisor.step() or member.state is State.READY)
    os.kill(pid_of(supervisor), signal.SIGKILL)

    eventually(lambda: supervisor.step() or member.state is State.RESTARTING)
    eventually(lambda: supervisor.step() or member.state is State.READY)
