"""Load tests that wait are started as children of the leading collector, one at a time, and end with it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from perfmon.collector.merging import Tick
from perfmon.loadtest import launching
from perfmon.loadtest.launching import Launcher, command_of, environment_of
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.profiles import get_profile
from perfmon.loadtest.runs import run_create
from perfmon.loadtest.wording import note_text
from tests.waiting import eventually, has_ended

pytestmark = pytest.mark.django_db(transaction=True)
SLEEPS = "import time; time.sleep(60)"
LEADS = Tick(leading=True)
Make = Callable[[str], Launcher]


@pytest.fixture
def launcher() -> Iterator[Make]:
    """Make a launcher whose children run a line of Python; all are ended with the test."""
    made: list[Launcher] = []

    def make(line: str) -> Launcher:
        made.append(Launcher(lambda run_id: [sys.executable, "-c", line, str(run_id)]))
        return made[-1]

    yield make
    for one in made:
        one.finish()


def queued() -> LoadRun:
    """A run that waits to be started."""
    return run_create(profile=get_profile("smoke"), host="http://127.0.0.1:8000")


def children() -> list[psutil.Process]:
    """The processes that were started for a run, in the order they were."""
    mine = psutil.Process().children()
    return sorted((one for one in mine if one.is_running() and SLEEPS in one.cmdline()), key=lambda one: one.pid)


def test_a_run_that_waits_is_started_and_no_second_one_beside_it(launcher):
    first, _second = queued(), queued()
    one = launcher(SLEEPS)
    one.look()
    one.look()
    (child,) = children()
    assert child.cmdline()[-1] == str(first.pk)
    assert child.ppid() == psutil.Process().pid


def test_while_another_process_conducts_one_nothing_is_started(launcher):
    LoadRun.objects.filter(pk=queued().pk).update(status=RunStatus.RUNNING, beat_at="2999-01-01T00:00:00Z")
    queued()
    launcher(SLEEPS).look()
    assert children() == []


def test_a_child_that_ends_and_leaves_its_run_open_breaks_it_with_its_code(launcher):
    run, one = queued(), launcher("raise SystemExit(7)")
    one.look()

    def broken() -> bool:
        one.look()
        run.refresh_from_db()
        return run.status == RunStatus.BROKEN

    eventually(broken)
    assert "code 7" in note_text(run.notes[0])


def test_a_child_that_stored_its_end_is_left_at_that_and_the_next_one_starts(launcher):
    run, one = queued(), launcher("pass")
    one.look()
    LoadRun.objects.filter(pk=run.pk).update(status=RunStatus.PASSED, ended_at="2026-11-28T08:00:00Z")
    later = queued()

    def next_one_ended() -> bool:
        one.look()
        later.refresh_from_db()
        return later.status == RunStatus.BROKEN

    eventually(next_one_ended)
    run.refresh_from_db()
    assert (run.status, run.notes) == (RunStatus.PASSED, [])


def test_a_program_that_cannot_be_started_breaks_the_run_and_says_so(launcher):
    run = queued()
    one = Launcher(lambda run_id: ["/nowhere/python"])
    one.look()
    run.refresh_from_db()
    assert run.status == RunStatus.BROKEN
    assert "could not be started" in note_text(run.notes[0])


def test_a_run_without_a_sign_of_life_is_broken_with_the_reason(launcher):
    run = queued()
    LoadRun.objects.filter(pk=run.pk).update(status=RunStatus.RUNNING, beat_at="2026-01-01T00:00:00Z")
    launcher(SLEEPS).look()
    run.refresh_from_db()
    assert (run.status, run.notes) == (RunStatus.BROKEN, [{"code": "died"}])


def test_the_thread_looks_from_the_second_tick_on_and_its_child_ends_with_the_collector(launcher):
    queued()
    one = launcher(SLEEPS)
    one.after_tick(LEADS, 0)
    assert children() == []
    one.after_tick(LEADS, 1)
    eventually(lambda: len(children()) == 1)
    (child,) = children()
    one.finish()
    assert has_ended(child)
    one.after_tick(LEADS, 2)
    assert children() == []


KEEPER = """
import subprocess, sys, threading, time
import django
django.setup()
from perfmon.loadtest.launching import _death_signal
before = _death_signal()
def start():
    child = subprocess.Popen([sys.executable, "-c", {sleeps!r}], preexec_fn=before)
    print(child.pid, flush=True)
    time.sleep(60)
threading.Thread(target=start, daemon=True).start()
time.sleep(60)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child of its parent's death")
def test_a_child_does_not_outlive_a_collector_that_is_killed():
    with subprocess.Popen(
        [sys.executable, "-c", KEEPER.format(sleeps=SLEEPS)], env=environment_of(), stdout=subprocess.PIPE, text=True
    ) as keeper:
        assert keeper.stdout is not None
        child = psutil.Process(int(keeper.stdout.readline()))
        keeper.kill()
    eventually(lambda: has_ended(child))


def test_a_project_is_found_by_its_own_manage_py(monkeypatch, tmp_path):
    script = tmp_path / "manage.py"
    script.touch()
    monkeypatch.setattr(sys, "argv", [str(script), "collect"])
    assert command_of(12) == [sys.executable, str(script), "loadtest", "--run", "12"]


@pytest.mark.parametrize("started_by", ["/usr/bin/uvicorn", "manage.py", "-m", ""])
def test_a_process_that_a_server_started_uses_django_itself(monkeypatch, tmp_path, started_by):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [started_by])
    assert command_of(12) == [sys.executable, "-m", "django", "loadtest", "--run", "12"]


def test_the_child_has_this_projects_settings_and_can_import_it():
    environment = environment_of()
    assert environment["DJANGO_SETTINGS_MODULE"] == "omniwriter.settings"
    lines = "import django; django.setup(); from perfmon.loadtest import launching; print(launching.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", lines], env=environment, cwd="/", capture_output=True, text=True, check=True, timeout=60
    )
    assert Path(done.stdout.strip()) == Path(launching.__file__)


def test_looking_costs_three_queries_at_most(launcher, django_assert_max_num_queries):
    one = launcher(SLEEPS)
    with django_assert_max_num_queries(3):
        one.look()
    with django_assert_max_num_queries(1):
        one.look()
