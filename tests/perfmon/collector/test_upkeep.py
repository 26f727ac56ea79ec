"""Upkeep: closed minutes become rollups, late windows rewrite them, rules and pruning run when they are due."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from perfmon import guard
from perfmon.collector import upkeep
from perfmon.collector.merging import Collector, Tick
from perfmon.collector.upkeep import GRACE_S, MINUTES_A_ROUND, Upkeep, closed, minute_windows
from perfmon.models import HourRollup, MinuteRollup
from perfmon.series import SeriesKey, Window
from perfmon.store import rollups
from perfmon.store.fine import memory_store
from perfmon.store.ranges import TEN
from perfmon.transport import get_transport

MINUTE_START = 1_800_000_000
pytestmark = pytest.mark.django_db


class Clock:
    """A monotonic clock that the test moves."""

    seconds = 1000.0

    def monotonic(self) -> float:
        """Return what the test set."""
        return self.seconds


class Inline:
    """A thread that does its work when started, so that the test sees the end of it."""

    def __init__(self, target, args, **_) -> None:
        self._work = lambda: target(*args)

    def start(self) -> None:
        """Do the work."""
        self._work()

    def is_alive(self) -> bool:
        """It is over."""
        return False

    def join(self, timeout: float) -> None:
        """It is over."""


@pytest.fixture(autouse=True)
def clock(settings, monkeypatch) -> Iterator[Clock]:
    """Everything in one process and in one thread, on a clock of the test's."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    rollups._ids.clear()
    guard.failures.clear()
    moved = Clock()
    monkeypatch.setattr(upkeep, "time", moved)
    monkeypatch.setattr(upkeep.threading, "Thread", Inline)
    monkeypatch.setattr(upkeep, "close_old_connections", lambda: None)
    yield moved
    rollups._ids.clear()


@pytest.fixture
def writes(monkeypatch) -> list[int]:
    """The starts of the minutes written, in order."""
    written: list[int] = []
    write_minute = rollups.write_minute

    def noted(start, windows) -> None:
        write_minute(start, windows)
        written.append(start)

    monkeypatch.setattr(rollups, "write_minute", noted)
    return written


@pytest.fixture
def second(packed_window):
    """Live one second: a process sends a window of it, the collector merges it, upkeep follows."""
    collector, keeper, sequence = Collector(), Upkeep(), iter(range(1, 10_000))

    def live(at: int, *, of: int | None = None) -> None:
        get_transport().send(packed_window(next(sequence), at if of is None else of, [1000]))
        keeper.after_tick(collector.tick(at + 1.1), at + 1.1)

    live.keeper = keeper
    return live


def counted(start: int) -> int:
    """Requests the minute's row holds."""
    row = MinuteRollup.objects.filter(start=start, series__kind="request", series__key="GET /").first()
    return row.count if row else 0


def test_each_minute_is_written_once_after_its_end_and_the_grace(second, writes):
    for at in range(MINUTE_START, MINUTE_START + 125):
        second(at)
        assert writes == [start for start in (MINUTE_START, MINUTE_START + 60) if start + 60 + GRACE_S <= at + 1.1]
    assert (counted(MINUTE_START), counted(MINUTE_START + 60)) == (60, 60)
    assert HourRollup.objects.get(series__kind="request", series__key="*").count == 120


def test_a_late_window_rewrites_its_minute_and_no_other(second, writes):
    for at in range(MINUTE_START, MINUTE_START + 125):
        second(at)
    second(MINUTE_START + 125, of=MINUTE_START + 30)
    assert writes == [MINUTE_START, MINUTE_START + 60, MINUTE_START]
    assert counted(MINUTE_START) == 61
    assert HourRollup.objects.get(series__kind="request", series__key="*").count == 121


def test_a_window_that_comes_while_its_minute_is_written_has_it_written_again(second, writes, monkeypatch):
    for at in range(MINUTE_START, MINUTE_START + 61):
        second(at)
    read = upkeep.minute_windows

    def read_then_more_comes(minute):
        windows = read(minute)
        second.keeper._dirty.add(minute)
        return windows

    monkeypatch.setattr(upkeep, "minute_windows", read_then_more_comes)
    second(MINUTE_START + 63)
    monkeypatch.undo()
    second.keeper.roll_up(MINUTE_START + 65)
    assert counted(MINUTE_START) == 60
    assert MINUTE_START not in second.keeper._dirty


def test_a_minute_that_could_not_be_written_is_written_later(second, monkeypatch):
    write_minute = rollups.write_minute

    def full(start, windows) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(rollups, "write_minute", full)
    for at in range(MINUTE_START, MINUTE_START + 66):
        second(at)
    assert guard.failures["upkeep"] >= 1
    assert counted(MINUTE_START) == 0
    monkeypatch.setattr(rollups, "write_minute", write_minute)
    second(MINUTE_START + 66)
    assert counted(MINUTE_START) == 60


@pytest.fixture
def marked() -> None:
    """The minute before the first was written, so that catching up begins there and not a day ago."""
    rollups.write_minute(MINUTE_START - 60, {SeriesKey("request", "GET /before"): Window(1)})


def stored_minutes(count: int, packed_window) -> None:
    """Have that many minutes merged with nobody to roll them up, one window each."""
    collector = Collector()
    for number in range(count):
        at = MINUTE_START + 60 * number
        get_transport().send(packed_window(number + 1, at, [1000], process="web9:1"))
        collector.tick(at + 1.0)
    collector.resign()


def test_a_restarted_collector_catches_up_on_what_nobody_wrote_in_bounded_rounds(packed_window, writes):
    stored_minutes(2 * MINUTES_A_ROUND, packed_window)
    now = MINUTE_START + 60 * 2 * MINUTES_A_ROUND + 10.0
    keeper = Upkeep()
    rounds = 0
    while not writes or (keeper._dirty and any(closed(minute, now) for minute in keeper._dirty)):
        before = len(writes)
        keeper.after_tick(Tick(leading=True), now)
        assert len(writes) - before <= MINUTES_A_ROUND
        rounds += 1
        assert rounds < 100
    assert writes == [MINUTE_START + 60 * number for number in range(2 * MINUTES_A_ROUND)]


def test_a_restarted_collector_leaves_alone_what_was_written_and_can_no_longer_change(marked, packed_window, writes):
    stored_minutes(20, packed_window)
    now = MINUTE_START + 60 * 20 + 10.0
    Upkeep().roll_up(now)
    writes.clear()
    Upkeep().roll_up(now)
    assert writes == [
        start for start in range(MINUTE_START, int(now), 60) if start + 60 > now - 310 and start < now - 60
    ]


def test_a_collector_that_leads_again_writes_what_the_one_between_left(marked, packed_window, writes):
    keeper = Upkeep()
    keeper.after_tick(Tick(leading=True), MINUTE_START - 600.0)
    stored_minutes(3, packed_window)  # by another leader, which dies
    keeper.after_tick(Tick(leading=True), MINUTE_START + 190.0)
    assert writes == [MINUTE_START, MINUTE_START + 60, MINUTE_START + 120]


def test_a_store_that_came_back_empty_empties_no_rollup(marked, packed_window, writes):
    stored_minutes(1, packed_window)
    Upkeep().roll_up(MINUTE_START + 70.0)
    memory_store.cache_clear()
    Upkeep().roll_up(MINUTE_START + 80.0)
    assert counted(MINUTE_START) == 1
    assert writes == [MINUTE_START]


def test_a_block_of_another_release_does_not_keep_its_minute_from_being_written(packed_window):
    stored_minutes(1, packed_window)
    memory_store().put({(TEN, MINUTE_START + 10): b"\x63foreign"})
    assert minute_windows(MINUTE_START)[SeriesKey("request", "GET /")].count == 1
    assert guard.failures["block"] == 1


def test_rules_are_evaluated_and_days_summed_and_rows_pruned_when_they_are_due(clock, monkeypatch):
    calls: list[str] = []
    monkeypatch.setattr(upkeep, "evaluate", lambda now: calls.append(f"evaluate {now:.0f}"))
    monkeypatch.setattr(upkeep.partitions, "make_ahead", lambda now: calls.append("partitions"))
    monkeypatch.setattr(rollups, "write_days", lambda now: calls.append("sum days"))
    monkeypatch.setattr(rollups, "prune", lambda now: calls.append("prune"))
    monkeypatch.setattr(upkeep, "alert_prune", lambda *, now: calls.append("prune alerts"))
    keeper = Upkeep()
    for passed in range(12):
        keeper.after_tick(Tick(leading=True), MINUTE_START + passed)
        clock.seconds += 1
    evaluations = [f"evaluate {MINUTE_START + passed}" for passed in (0, 5, 10)]
    assert calls == [evaluations[0], "partitions", "sum days", "prune", "prune alerts", *evaluations[1:]]
    clock.seconds += 600
    keeper.after_tick(Tick(leading=True), MINUTE_START + 12)
    assert calls[-4:] == ["partitions", "sum days", "prune", "prune alerts"]


def test_a_rule_that_fails_keeps_nothing_else_from_being_done(marked, monkeypatch, packed_window):
    stored_minutes(1, packed_window)

    def broken(now) -> None:
        raise RuntimeError("no rule")

    monkeypatch.setattr(upkeep, "evaluate", broken)
    Upkeep().after_tick(Tick(leading=True), MINUTE_START + 70.0)
    assert counted(MINUTE_START) == 1
    assert guard.failures["upkeep"] == 1


def test_a_round_that_still_runs_is_not_queued_behind_itself(monkeypatch):
    class Endless(Inline):
        started = 0

        def start(self) -> None:
            Endless.started += 1

        def is_alive(self) -> bool:
            return True

    monkeypatch.setattr(upkeep.threading, "Thread", Endless)
    keeper = Upkeep()
    for passed in range(20):
        keeper.after_tick(Tick(leading=True, seconds={MINUTE_START + passed}), MINUTE_START + 100.0 + passed)
    assert Endless.started == 1
    assert keeper._dirty == {MINUTE_START}
