"""The loop: whatever fails is counted, the rest of the tick is done and the next one comes."""

from __future__ import annotations

import gc
import logging
import time

import pytest

from perfmon import guard
from perfmon.collector.loop import GARBAGE_THRESHOLD, CollectorLoop, make_loop, settle_garbage
from perfmon.collector.merging import Collector
from perfmon.context import current
from perfmon.exceptions import TransportError
from perfmon.ingest import ingest
from perfmon.series import SeriesKey
from perfmon.transport import get_transport, local_queue

NOW = 1_800_000_000.0


@pytest.fixture(autouse=True)
def one_process(settings) -> None:
    """perfmon without Valkey, with no failures yet."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    guard.failures.clear()


def test_a_follow_up_that_fails_is_counted_and_the_others_are_done():
    done: list[float] = []

    def broken(tick, now) -> None:
        raise RuntimeError("no frame")

    loop = CollectorLoop([broken, lambda tick, now: done.append(now)])
    loop.tick(NOW)
    loop.tick(NOW + 1)
    loop.collector.resign()
    assert done == [NOW, NOW + 1]
    assert guard.failures["follow-up broken"] == 2


@pytest.mark.parametrize("error", [TransportError("away"), RuntimeError("a fault of ours")])
def test_a_tick_that_fails_is_counted_and_the_next_one_merges(error, packed_window, stored, monkeypatch):
    collector, done = Collector(), []
    loop = CollectorLoop([lambda tick, now: done.append(tick.windows)], collector)
    get_transport().send(packed_window(1, int(NOW), [1000]))

    def away() -> None:
        raise error

    monkeypatch.setattr(collector._inbox, "receive", away)
    loop.tick(NOW)
    assert (guard.failures["collect"], done) == (1, [])
    monkeypatch.undo()
    loop.tick(NOW + 1)
    collector.resign()
    assert done == [1]
    assert stored(1, int(NOW))[SeriesKey("request", "GET /")].count == 1


def test_a_dead_valkey_is_counted_and_the_loop_goes_on(settings):
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    loop = CollectorLoop([])
    loop.tick(NOW)
    loop.tick(NOW + 1)
    assert guard.failures["collect"] == 2


def test_only_the_leader_follows_up_and_says_that_it_leads(caplog):
    caplog.set_level(logging.INFO, "perfmon.collector")
    done: list[str] = []
    first = CollectorLoop([lambda tick, now: done.append("first")])
    second = CollectorLoop([lambda tick, now: done.append("second")])
    for loop in (first, second, first, second):
        loop.tick(NOW)
    assert done == ["first", "first"]
    assert caplog.messages.count("this collector leads") == 1
    first.collector.resign()
    second.tick(NOW + 1)
    second.collector.resign()
    assert done[-1] == "second"


def test_it_ticks_until_told_to_stop_leaves_itself_unmeasured_and_resigns():
    seen: list[bool] = []
    waits: list[float] = []

    def stopped(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > 3

    def look(tick, now) -> None:
        trace = current.get()
        seen.append(trace is not None and trace.muted)

    CollectorLoop([look]).run(stopped)
    assert seen == [True] * 3
    assert all(0 < seconds <= 1 for seconds in waits)
    heir = Collector()
    assert heir.tick(NOW).leading
    heir.resign()


def test_what_is_told_until_its_end_is_merged_and_nothing_is_left_for_the_next_one(packed_window, stored):
    now = int(time.time())

    def stopped(seconds: float) -> bool:
        get_transport().send(packed_window(1, now, [1000]))
        return True

    CollectorLoop([]).run(stopped)
    assert stored(1, now)[SeriesKey("request", "GET /")].count == 1
    assert local_queue().take() == []


def test_without_its_valkey_it_ends_all_the_same(settings):
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    CollectorLoop([]).run(lambda seconds: True)
    assert guard.failures["collect"] == 1
    ingest.clear()  # what could not be sent is not for the next test's Valkey


@pytest.mark.django_db
def test_the_projects_loop_publishes_and_keeps_up(monkeypatch):
    published: list[float] = []
    monkeypatch.setattr("perfmon.live.publisher.Publisher.publish", lambda self, now: published.append(now))
    monkeypatch.setattr("perfmon.collector.upkeep.Upkeep.after_tick", lambda self, tick, now: published.append(-now))
    loop = make_loop()
    loop.tick(NOW)
    loop.collector.resign()
    assert published == [NOW, -NOW]


def test_a_process_that_only_collects_looks_for_garbage_less_often():
    before = gc.get_threshold()
    try:
        settle_garbage()
        assert gc.get_threshold()[0] == GARBAGE_THRESHOLD > before[0]
        assert gc.get_freeze_count() > 0
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
