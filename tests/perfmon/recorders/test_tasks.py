"""Tasks that a real worker runs, in processes and in threads: runs, failures, retries, waits, and one trace."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import Retry
from celery.signals import before_task_publish, task_prerun

from omniwriter.celery import app
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Service, run
from perfmon import guard
from perfmon.collector.merging import Collector
from perfmon.context import find_trace_id, write_traceparent
from perfmon.recorders import install_recorders, tasks, uninstall_recorders
from perfmon.series import SeriesKey, Window
from perfmon.store import selectors
from perfmon.store.ranges import RANGES
from tests.fixtures.site import ROOT
from tests.perfmon.recorders.collected import recorded
from tests.perfmon.recorders.conftest import TRACE
from tests.perfmon.recorders.probe_tasks import fail, look, look_later, retry_once
from tests.waiting import eventually

PROBES = "tests.perfmon.recorders.probe_tasks"
WITHIN_S = 20
Read = Callable[[str], dict[str, Window]]


@pytest.fixture(params=["prefork", "threads"])
def read(request: pytest.FixtureRequest, broker: str, tree: Tree, tmp_path: Path, settings: Any) -> Iterator[Read]:
    """A worker of either kind; returns a reader of what it has recorded, as the collector stores it."""
    command = (
        *(sys.executable, "-m", "celery", "-A", "omniwriter", "worker", "-c", "2", "-P", request.param, "-l", "INFO"),
        *("--without-mingle", "-n", "probe@here", "-I", PROBES),
    )
    env = {"REDIS_URL": broker, "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3", "OMNI_VAR_DIR": str(tmp_path)}
    service = Service(name="worker", command=command, says=" ready.", env=env, cwd=ROOT)
    settings.PERFMON = {"VALKEY_URL": broker, "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    install_recorders()  # a test before may have left this process without
    collector = Collector()

    def collected(kind: str) -> dict[str, Window]:
        collector.tick(time.time())
        return selectors.totals(RANGES["5m"], kind, time.time())

    with run(service, tmp_path / "worker.log", tree):
        yield collected


def named(name: str) -> str:
    return f"{PROBES}.{name}"


def counted(read: Read, kind: str, key: str, count: int) -> Window:
    """Wait until so many were counted."""
    eventually(lambda: key in (found := read(kind)) and found[key].count >= count, within_s=WITHIN_S)
    return read(kind)[key]


def test_a_worker_counts_runs_waits_failures_and_retries_and_goes_on_with_the_trace(read: Read, traced: str) -> None:
    sent = [look.delay(0.05) for _ in range(3)]
    failed, retried = fail.delay(), retry_once.delay()
    assert [one.get(timeout=WITHIN_S) for one in sent] == [TRACE] * 3
    assert retried.get(timeout=WITHIN_S) == TRACE
    inner = app.AsyncResult(look_later.delay().get(timeout=WITHIN_S))
    assert inner.get(timeout=WITHIN_S) == TRACE
    with pytest.raises(ValueError, match="as it should"):
        failed.get(timeout=WITHIN_S)

    runs = counted(read, "task", named("look"), 4)
    assert (runs.count, runs.errors, runs.histogram.count) == (4, 0, 4)
    assert runs.max >= 50_000_000
    assert counted(read, "task", named("fail"), 1).errors == 1
    again = counted(read, "task", named("retry_once"), 2)
    assert (again.count, again.errors) == (2, 0)
    assert read("task_retry")[named("retry_once")].count == 1
    waits = counted(read, "task_wait", named("look"), 4)
    assert waits.histogram.count == 4
    assert 0 < waits.max < WITHIN_S * 10**9
    assert read("queue_wait")["celery"].count >= 6


def test_a_worker_says_that_it_is_there_and_how_many_messages_wait(read: Read) -> None:
    assert counted(read, "worker", "probe@here", 1).max == 2
    assert counted(read, "queue_length", "celery", 1).histogram.count == 0


def test_an_eager_task_is_part_of_its_callers_trace_and_waits_for_nothing(recording: None, traced: str) -> None:
    assert look.delay().get() == TRACE
    assert find_trace_id() == TRACE
    windows = recorded()
    assert windows[SeriesKey("task", named("look"))].count == 1
    assert SeriesKey("task_wait", named("look")) not in windows


def test_a_task_outside_of_any_trace_begins_one_and_leaves_none(recording: None) -> None:
    first, second = look.delay().get(), look.delay().get()
    assert len(first) == 32
    assert first != second
    assert find_trace_id() == ""


def test_a_message_keeps_a_valid_trace_that_another_has_given_it(recording: None, traced: str) -> None:
    other = write_traceparent("ab" * 16)
    headers: dict[str, Any] = {"traceparent": other}
    before_task_publish.send(sender="x", headers=headers)
    assert headers["traceparent"] == other
    assert time.time_ns() - headers[tasks.SENT_HEADER] < 60 * 10**9


class Message:
    """What a worker knows of a message: one that was sent ten seconds ago."""

    is_eager = False
    eta: str | None = None
    traceparent = "rubbish"

    def __init__(self, now_ns: int, **values: Any) -> None:
        self.delivery_info = {"routing_key": "generate", "redelivered": False}
        self.perfmon_sent_ns = now_ns - 10 * 10**9
        vars(self).update(values)


class Task:
    """A task that is about to run."""

    name = "shop.send"

    def __init__(self, request: Message) -> None:
        self.request = request


@pytest.mark.parametrize(
    ("values", "wait_s"),
    [
        ({}, 10),
        ({"eta": "2027-01-15T07:59:57+00:00"}, 3),
        ({"eta": "2027-01-15T07:59:57"}, 3),  # Celery writes none where the settings know no time zones
        ({"eta": "2027-01-15T08:00:05+00:00"}, 0),  # its clock is late
        ({"perfmon_sent_ns": 1_800_000_001 * 10**9}, 0),
        ({"delivery_info": {"routing_key": "generate", "redelivered": True}}, None),
        ({"perfmon_sent_ns": None}, None),
        ({"perfmon_sent_ns": "soon"}, None),
    ],
)
def test_the_wait_is_from_when_it_could_have_run(recording, time_machine, values, wait_s):
    time_machine.move_to(1_800_000_000, tick=False)
    request = Message(1_800_000_000 * 10**9, **values)
    task_prerun.send(sender=None, task=Task(request))
    tasks._ended(Task(request), state="SUCCESS")

    waits = recorded().get(SeriesKey("queue_wait", "generate"))
    assert (None if waits is None else waits.max) == (None if wait_s is None else wait_s * 10**9)
    assert guard.failures == {}


def test_a_run_whose_process_was_killed_is_a_failure_without_a_time(recording):
    class WorkerLostError(Exception):
        pass

    tasks._lost(sender=Task(Message(0)), exception=WorkerLostError())
    tasks._lost(sender=Task(Message(0)), exception=ValueError())  # the child has counted it itself
    window = recorded()[SeriesKey("task", "shop.send")]
    assert (window.count, window.errors, window.histogram.count) == (1, 1, 0)


def test_what_goes_wrong_in_here_is_counted_and_the_task_runs(recording, monkeypatch):
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("as it should")

    monkeypatch.setattr(tasks, "_count", broken)
    assert look.delay().get()
    assert guard.failures["task"] == 1


def test_uninstalled_it_hears_of_nothing(recording):
    uninstall_recorders()
    headers: dict[str, Any] = {}
    before_task_publish.send(sender="x", headers=headers)
    assert headers == {}
    assert look.delay().get()
    assert recorded() == {}


def test_a_retry_is_no_failure(recording):
    with pytest.raises(Retry):
        retry_once.apply(throw=True)
