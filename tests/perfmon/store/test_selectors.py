"""Selectors: what a range shows is what was recorded in it, whatever it is read from."""

from __future__ import annotations

import random
from itertools import cycle

import pytest

from perfmon import guard
from perfmon.collector.merging import add_totals
from perfmon.exceptions import StoreUnavailable
from perfmon.models import DayRollup
from perfmon.series import SeriesKey, Window, Windows, merge_windows
from perfmon.store import rollups
from perfmon.store.fine import CACHE_AGE_S, memory_store
from perfmon.store.ranges import DAY, HOUR, MINUTE, RANGES, SECOND, SECOND_KEEP_S, TEN, Range
from perfmon.store.selectors import TAIL_LIMIT_S, latest, timeline, totals, window_between
from perfmon.wire import pack_block
from tests.perfmon.store.conftest import To

NOW = 1_800_000_123.4  # 08:02:03
KEYS = ("GET /", "GET /shop", "*")
DEAD_PORT = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}

pytestmark = pytest.mark.django_db
every_range = pytest.mark.parametrize("range_", RANGES.values(), ids=lambda range_: range_.name)
fine_ranges = pytest.mark.parametrize("range_", [RANGES["5m"], RANGES["1h"]], ids=lambda range_: range_.name)
sql_ranges = pytest.mark.parametrize("range_", list(RANGES.values())[2:], ids=lambda range_: range_.name)


def one_request(key: str, duration_ns: int, error: bool = False) -> Windows:
    """A second with one request."""
    window = Window()
    window.add(duration_ns, error)
    return {SeriesKey("request", key): window}


def traffic(seed: int, span: tuple[int, int], count: int) -> dict[int, Windows]:
    """Requests at random seconds of a span, with totals, by second."""
    rng = random.Random(seed)
    seconds: dict[int, Windows] = {}
    for _ in range(count):
        second = rng.randrange(*span)
        windows = one_request(rng.choice(KEYS[:2]), rng.randrange(1 << 34), rng.random() < 0.2)
        merge_windows(seconds.setdefault(second, {}), windows)
    for windows in seconds.values():
        add_totals(windows)
    return seconds


def regrouped(seconds: dict[int, Windows], step_s: int) -> dict[int, Windows]:
    """Add seconds up to steps."""
    steps: dict[int, Windows] = {}
    for second, windows in seconds.items():
        merge_windows(steps.setdefault(second // step_s * step_s, {}), windows)
    return steps


def put(seconds: dict[int, Windows], now: float = NOW) -> None:
    """Write blocks as the collector would, those past their time left out."""
    kept = {second: windows for second, windows in seconds.items() if second > now - SECOND_KEEP_S}
    memory_store().put({(SECOND, second): pack_block(windows) for second, windows in kept.items()})
    memory_store().put({(TEN, start): pack_block(windows) for start, windows in regrouped(seconds, TEN).items()})


def roll_up(seconds: dict[int, Windows], until: float) -> None:
    """Write the rows of all minutes that ended by then."""
    minutes = regrouped(seconds, MINUTE)
    for start in sorted(minutes):
        if start + MINUTE <= until:
            rollups.write_minute(start, minutes[start])


def recorded(range_: Range, seed: int, now: float = NOW) -> dict[int, Windows]:
    """Store random traffic over the range, the one before it and a bit, and return it by second."""
    begin = range_.previous(now)[0] - range_.step_s
    seconds = traffic(seed, (begin, int(now) + 1), 120)
    merge_windows(seconds.setdefault(int(now) - 40, {}), next(iter(traffic(seed, (1, 2), 1).values())))
    put({second: windows for second, windows in seconds.items() if second > now - 2 * HOUR - MINUTE}, now)
    if range_.bucket_s > TEN:
        roll_up(seconds, now - 90)  # the newest closed minute is not written yet
        if seed % 2:
            rollups.write_days(now - 3 * DAY)
            a_gap = sorted(set(DayRollup.objects.values_list("start", flat=True)))[::5]
            DayRollup.objects.filter(start__in=a_gap).delete()
    return seconds


def brute_force(seconds: dict[int, Windows], start: int, end: int) -> dict[str, Window]:
    """Sum what was recorded in the span, by key."""
    summed: Windows = {}
    for second, windows in seconds.items():
        if start <= second < end:
            merge_windows(summed, windows)
    return {series.key: window for series, window in summed.items() if series.kind == "request"}


@every_range
@pytest.mark.parametrize("seed", range(3))
def test_totals_are_what_was_recorded_in_the_range_and_in_the_one_before(range_, seed):
    now = NOW + random.Random(seed).uniform(0, 7200)
    seconds = recorded(range_, seed, now)
    assert totals(range_, "request", now) == brute_force(seconds, *range_.span(now))
    if range_.name != "1h" or seed == 0:
        assert totals(range_, "request", now, previous=True) == brute_force(seconds, *range_.previous(now))


@every_range
@pytest.mark.parametrize("seed", range(3))
def test_a_timeline_has_each_steps_window_and_none_for_gaps(range_, seed):
    now = NOW + random.Random(seed).uniform(0, 7200)
    seconds = recorded(range_, seed, now)
    start, end = range_.span(now)
    lines = timeline(range_, "request", KEYS, now)
    assert list(lines) == list(KEYS)
    for key, points in lines.items():
        assert [point.start for point in points] == list(range(start, end, range_.step_s))
        expected = [brute_force(seconds, at, at + range_.step_s).get(key) for at in range(start, end, range_.step_s)]
        assert [point.window for point in points] == expected
        assert None in expected


@every_range
def test_nothing_recorded_is_gaps_and_no_totals(range_):
    assert totals(range_, "request", NOW) == {}
    (points,) = timeline(range_, "request", ["GET /"], NOW).values()
    assert {point.window for point in points} == {None}
    assert len(points) == range_.points


@every_range
def test_reading_second_after_second_shows_the_same_as_reading_once(range_):
    """What readers keep from one second to the next must not show."""
    seconds = traffic(5, (int(NOW) - 400, int(NOW) + 90), 600)
    for now in (*(NOW + later for later in range(25)), NOW + 31, NOW + 32, NOW + 89):
        past = {second: windows for second, windows in seconds.items() if second <= now}
        put(past, now)
        expected = brute_force(past, *range_.span(now))
        assert totals(range_, "request", now) == expected
        line = timeline(range_, "request", ["*"], now)["*"]
        assert sum(point.window.count for point in line if point.window) == expected["*"].count


@sql_ranges
def test_what_came_after_the_mark_is_counted_once_and_not_twice(range_):
    minute = int(NOW) // MINUTE * MINUTE
    seconds = {at: one_request("GET /", 1000) for at in range(minute - 300, int(NOW) + 1)}
    put(seconds)
    for mark in (minute - 240, minute - 120, minute - 60):
        roll_up(seconds, mark + MINUTE)
        assert totals(range_, "request", NOW)["GET /"].count == len(seconds)
        line = timeline(range_, "request", ["GET /"], NOW)["GET /"]
        assert sum(point.window.count for point in line if point.window) == len(seconds)


@sql_ranges
def test_a_minute_written_while_a_range_is_read_is_neither_missed_nor_counted_twice(range_, monkeypatch):
    minute = int(NOW) // MINUTE * MINUTE
    seconds = {at: one_request("GET /", 1000) for at in range(minute - 180, int(NOW) + 1)}
    put(seconds)
    roll_up(seconds, minute - MINUTE)
    asked: list[int | None] = []

    def last_minute_then_write(using: str) -> int | None:
        asked.append(rollups.last_minute(using))
        if len(asked) == 1:
            roll_up(seconds, minute)
        return asked[-1]

    monkeypatch.setattr("perfmon.store.selectors.last_minute", last_minute_then_write)
    assert totals(range_, "request", NOW)["GET /"].count == len(seconds)
    assert asked[0] != asked[-1]


class InTurn:
    """A router that reads from one replica after the other."""

    def __init__(self, *aliases: str) -> None:
        self._aliases = cycle(aliases)

    def db_for_read(self, model: type, **hints: object) -> str:
        """Read from the next."""
        return next(self._aliases)

    def db_for_write(self, model: type, **hints: object) -> str:
        """Write to the default."""
        return "default"


def test_replicas_of_different_age_show_the_same(postgres_alias, monkeypatch):
    minute = int(NOW) // MINUTE * MINUTE
    seconds = {at: one_request("GET /", 1000) for at in range(minute - 600, int(NOW) + 1, 7)}
    put(seconds)
    for alias, mark in ((postgres_alias, minute - 240), ("default", minute - 60)):
        monkeypatch.setattr("django.db.router.routers", [To(alias)])
        rollups._ids.clear()
        roll_up(seconds, mark + MINUTE)
    rollups._ids.clear()
    monkeypatch.setattr("django.db.router.routers", [InTurn("default", postgres_alias)])
    for _ in range(6):
        assert totals(RANGES["24h"], "request", NOW)["GET /"].count == len(seconds)
        line = timeline(RANGES["24h"], "request", ["GET /"], NOW)["GET /"]
        assert sum(point.window.count for point in line if point.window) == len(seconds)


def test_a_mark_far_behind_is_made_up_from_blocks_as_far_as_the_limit():
    seconds = {int(NOW) - back: one_request("GET /", 1000) for back in (5, 600, TAIL_LIMIT_S - 10, TAIL_LIMIT_S + 60)}
    put(seconds)
    assert totals(RANGES["6h"], "request", NOW)["GET /"].count == 3


def test_a_late_window_changes_what_a_rewritten_minute_shows():
    minute = int(NOW) // MINUTE * MINUTE - 600
    rollups.write_minute(minute, one_request("GET /", 1000))
    late = one_request("GET /", 1000)
    merge_windows(late, one_request("GET /", 9000))
    rollups.write_minute(minute, late)
    window = totals(RANGES["24h"], "request", NOW)["GET /"]
    assert (window.count, window.max) == (2, 9000)


class Clock:
    """A monotonic clock that the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def monotonic(self) -> float:
        """Return what the test set."""
        return self.seconds


def test_a_late_window_shows_in_a_fine_range_once_what_was_kept_has_aged(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("perfmon.store.fine.time", clock)
    monkeypatch.setattr("perfmon.store.kept.time", clock)
    second = int(NOW) - 120
    put({second: one_request("GET /", 1000)})
    assert totals(RANGES["5m"], "request", NOW)["GET /"].count == 1
    late = one_request("GET /", 1000)
    merge_windows(late, one_request("GET /", 2000))
    put({second: late})
    assert totals(RANGES["5m"], "request", NOW)["GET /"].count == 1
    clock.seconds += CACHE_AGE_S
    assert totals(RANGES["5m"], "request", NOW + 60)["GET /"].count == 2
    line = timeline(RANGES["5m"], "request", ["GET /"], NOW + 60)["GET /"]
    assert sum(point.window.count for point in line if point.window) == 2


@pytest.mark.parametrize("seed", range(20))
def test_any_recent_span_is_read_to_the_second(seed):
    rng = random.Random(seed)
    seconds = traffic(seed, (int(NOW) - 800, int(NOW) + 1), 200)
    put(seconds)
    start = rng.randrange(int(NOW) - 790, int(NOW))
    end = rng.randrange(start + 1, int(NOW) + 2)
    expected = brute_force(seconds, start, end)
    for key in KEYS:
        assert window_between("request", key, start, end) == expected.get(key, Window())


def test_the_latest_windows_are_those_of_the_last_seconds():
    put({int(NOW) - back: one_request("GET /", 1000) for back in (0, 14, 15, 30)})
    assert latest("request", NOW)["GET /"].count == 2
    assert latest("request", NOW, seconds=31)["GET /"].count == 4
    assert latest("host", NOW) == {}


@fine_ranges
def test_a_fine_range_says_so_when_its_store_is_away(settings, range_):
    settings.PERFMON = DEAD_PORT
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        totals(range_, "request", NOW)
    with pytest.raises(StoreUnavailable, match="can't be reached"):
        timeline(range_, "request", ["GET /"], NOW)
    with pytest.raises(StoreUnavailable):
        latest("host", NOW)
    with pytest.raises(StoreUnavailable):
        window_between("request", "*", int(NOW) - 60, int(NOW))


@sql_ranges
def test_a_long_range_ends_at_the_mark_while_the_fine_store_is_away(settings, range_):
    rollups.write_minute(int(NOW) // MINUTE * MINUTE - 600, one_request("GET /", 1000))
    settings.PERFMON = DEAD_PORT
    assert totals(range_, "request", NOW)["GET /"].count == 1
    line = timeline(range_, "request", ["GET /"], NOW)["GET /"]
    assert sum(point.window.count for point in line if point.window) == 1
    assert guard.failures["tail"] == 2


# Minutes at the edges and hours, or days and hours, of the settled part.
SETTLED_STATEMENTS = 2


@sql_ranges
@pytest.mark.parametrize("series", [1, 50])
def test_the_number_of_statements_is_the_same_whatever_the_traffic(range_, series, django_assert_num_queries):
    for back in range(600, 600 + 60 * series, 600):
        minute = int(NOW) // MINUTE * MINUTE - back
        rollups.write_minute(minute, {SeriesKey("request", f"GET /{n}"): Window(1, 0, 1, 1) for n in range(series)})
    keys = [f"GET /{number}" for number in range(series)]
    with django_assert_num_queries(3):  # the mark, rows, the mark again
        timeline(range_, "request", keys, NOW)
    for settled_statements in (SETTLED_STATEMENTS, 0):
        with django_assert_num_queries(3 + settled_statements):  # and the mark, the newest hours, the mark again
            totals(range_, "request", NOW)
        with django_assert_num_queries(1 + settled_statements):  # and the mark
            totals(range_, "request", NOW, previous=True)


@fine_ranges
def test_a_fine_range_makes_no_statement(range_, django_assert_num_queries):
    put(traffic(1, (int(NOW) - 300, int(NOW)), 50))
    with django_assert_num_queries(0):
        timeline(range_, "request", KEYS, NOW)
        totals(range_, "request", NOW)


@pytest.mark.parametrize("age_s", [0, 4, 12])
def test_a_window_that_comes_late_is_in_the_totals_of_the_next_second(age_s):
    range_ = RANGES["5m"]
    seconds = recorded(range_, 11)
    before = totals(range_, "request", NOW)["GET /"]
    put(seconds)
    assert totals(range_, "request", NOW + 0.5)["GET /"] == before

    merge_windows(seconds.setdefault(int(NOW) - age_s, {}), one_request("GET /", 5_000_000))
    put(seconds)
    after = totals(range_, "request", NOW + 0.5)["GET /"]
    assert after.count == before.count + 1
    assert after.sum == before.sum + 5_000_000
