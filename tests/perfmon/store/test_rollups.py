"""Rollups: hours are the sum of their minutes however often and in whatever order those are written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from perfmon.models import DayRollup, HourRollup, MinuteRollup, Rollup, SeriesName
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store import rollups
from perfmon.store.rollups import (
    DAY_GRACE_S,
    DAYS_READ,
    FIGURES,
    last_minute,
    prune,
    write_days,
    write_minute,
)

DAY_S = 86_400
HOUR_START = 1_799_999_200 // 3600 * 3600
HOME, SHOP = SeriesKey("request", "GET /"), SeriesKey("request", "GET /shop")

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("database")]


def windows_of(**durations_ns: list[int]) -> Windows:
    """Requests of ``home`` and ``shop`` that took so long."""
    windows: Windows = {}
    for name, values in durations_ns.items():
        window = windows[{"home": HOME, "shop": SHOP}[name]] = Window()
        for value in values:
            window.add(value, value % 2 == 1)
    return windows


def stored(model: type[Rollup], start: int) -> Windows:
    """Read one bucket's rows."""
    rows = model.objects.filter(start=start).values_list("series__kind", "series__key", *FIGURES)
    return {SeriesKey(kind, key): Window.from_row(figures) for kind, key, *figures in rows}


def total(*parts: Windows) -> Windows:
    """Add windows up."""
    summed: Windows = {}
    for windows in parts:
        for key, window in windows.items():
            summed.setdefault(key, Window()).merge(window)
    return summed


def forget_everything() -> None:
    """Empty the tables, as before a test."""
    for model in (MinuteRollup, HourRollup, DayRollup, SeriesName):
        model.objects.all().delete()
    rollups._ids.clear()


durations = st.lists(st.integers(0, 1 << 40), min_size=1, max_size=4)
minutes = st.dictionaries(st.sampled_from(["home", "shop"]), durations, min_size=1)
writes = st.lists(st.tuples(st.integers(0, 3), minutes, st.booleans()), min_size=1, max_size=8)


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes)
def test_any_order_and_repetition_of_writes_gives_hours_and_days_that_sum_the_latest_minutes(written):
    forget_everything()
    latest: dict[int, Windows] = {}
    for number, values, day_is_over in written:
        start = HOUR_START + 60 * number + (3600 if number == 3 else 0)
        latest[start] = windows_of(**values)
        write_minute(start, latest[start])
        if day_is_over:
            write_days(HOUR_START + 2 * DAY_S)

    write_days(HOUR_START + 2 * DAY_S)
    for start, windows in latest.items():
        assert stored(MinuteRollup, start) == windows
    for hour in (HOUR_START, HOUR_START + 3600):
        assert stored(HourRollup, hour) == total(*(latest[at] for at in latest if at // 3600 * 3600 == hour))
    assert stored(DayRollup, HOUR_START // DAY_S * DAY_S) == total(*latest.values())


def test_writing_a_minute_twice_is_writing_it_once():
    write_minute(HOUR_START, windows_of(home=[1000, 2001]))
    write_minute(HOUR_START, windows_of(home=[1000, 2001]))
    assert stored(HourRollup, HOUR_START) == stored(MinuteRollup, HOUR_START) == windows_of(home=[1000, 2001])


def test_a_fuller_rewrite_replaces_and_the_other_minutes_of_the_hour_stay():
    write_minute(HOUR_START, windows_of(home=[9_000_000]))
    write_minute(HOUR_START + 60, windows_of(home=[5]))
    write_minute(HOUR_START, windows_of(home=[9_000_000, 4], shop=[7]))
    assert stored(MinuteRollup, HOUR_START) == windows_of(home=[9_000_000, 4], shop=[7])
    assert stored(HourRollup, HOUR_START) == windows_of(home=[9_000_000, 4, 5], shop=[7])


def test_a_series_that_a_rewrite_no_longer_has_leaves_its_hour_too():
    write_minute(HOUR_START, windows_of(home=[3], shop=[7]))
    write_minute(HOUR_START + 60, windows_of(home=[5]))
    write_minute(HOUR_START, windows_of(home=[3]))
    assert stored(HourRollup, HOUR_START) == windows_of(home=[3, 5])


def test_a_day_is_summed_once_it_is_over_and_only_once():
    day = HOUR_START // DAY_S * DAY_S
    for later in (0, 7 * 3600, DAY_S - 60, DAY_S):
        write_minute(day + later, windows_of(home=[later + 1], shop=[5]))
    assert write_days(day + DAY_S + DAY_GRACE_S - 1) == 0
    assert write_days(day + DAY_S + DAY_GRACE_S) == 1
    assert write_days(day + DAY_S + DAY_GRACE_S) == 0
    assert stored(DayRollup, day) == windows_of(home=[1, 7 * 3600 + 1, DAY_S - 59], shop=[5, 5, 5])
    assert stored(DayRollup, day + DAY_S) == {}


def test_a_minute_written_into_a_day_takes_it_away_until_it_is_summed_again():
    day = HOUR_START // DAY_S * DAY_S
    write_minute(day, windows_of(home=[1], shop=[2]))
    write_days(day + 2 * DAY_S)
    write_minute(day, windows_of(home=[1], shop=[2]))
    assert stored(DayRollup, day) == windows_of(home=[1], shop=[2])
    write_minute(day, windows_of(home=[1], shop=[2, 3]))
    assert stored(DayRollup, day) == {}
    assert write_days(day + 2 * DAY_S) == 1
    assert stored(DayRollup, day) == windows_of(home=[1], shop=[2, 3])


def test_a_call_sums_a_bounded_number_of_days_the_newest_first_and_leaves_out_what_no_range_reaches(monkeypatch):
    monkeypatch.setattr(rollups, "DAYS_A_CALL", 2)
    today = HOUR_START // DAY_S * DAY_S
    for ago in (1, 2, 5, DAYS_READ, DAYS_READ + 1):
        write_minute(today - ago * DAY_S, windows_of(home=[1]))
    assert [write_days(today + DAY_GRACE_S) for _ in range(3)] == [2, 2, 0]
    written = sorted(DayRollup.objects.values_list("start", flat=True))
    assert [(today - start) // DAY_S for start in written] == [DAYS_READ, 5, 2, 1]


def test_without_anything_written_there_is_no_day_to_sum():
    assert write_days(HOUR_START) == 0


def test_the_newest_minute_written_is_the_mark():
    assert last_minute() is None
    for start in (HOUR_START + 120, HOUR_START, HOUR_START + 60):
        write_minute(start, windows_of(home=[1]))
    assert last_minute() == HOUR_START + 120


def test_figures_of_single_processes_are_not_kept():
    windows = windows_of(home=[1]) | {
        SeriesKey("process", "web1/3f2a"): Window(1, 0, 1 << 30, 1 << 30),
        SeriesKey("socket", "3f2a/open"): Window(1, 0, 4, 4),
    }
    write_minute(HOUR_START, windows)
    assert stored(MinuteRollup, HOUR_START).keys() == {HOME}
    assert [name.key for name in SeriesName.objects.all()] == ["GET /"]


def test_figures_past_32_bits_and_any_characters_are_kept():
    key = SeriesKey("request", "GET /artículos/✎/%s'\"\\")
    window = Window(1 << 40, 1 << 33, 1 << 60, (1 << 40) - 1)
    window.histogram.add((1 << 40) - 1, 1 << 40)
    write_minute(HOUR_START, {key: window})
    assert stored(MinuteRollup, HOUR_START) == stored(HourRollup, HOUR_START) == {key: window}


def many(count: int) -> Windows:
    """A minute with that many series."""
    return {SeriesKey("request", f"GET /{number}/"): Window(1, 0, number, number) for number in range(count)}


@contextmanager
def counted_queries(alias: str) -> Iterator[list[str]]:
    """Collect the statements sent to one database, without those that only open and close a transaction."""
    sent: list[str] = []
    with CaptureQueriesContext(connections[alias]) as captured:
        yield sent
    words = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    sent += [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(words)]


def test_the_number_of_statements_is_the_same_for_one_series_and_for_a_batch(database):
    locks = int(connections[database].features.has_select_for_update)
    for count in (1, 140):
        write_minute(HOUR_START, many(count))
        with counted_queries(database) as first:
            write_minute(HOUR_START + 60 * count, many(count))
        with counted_queries(database) as again:
            write_minute(HOUR_START + 60 * count, many(count))
        with counted_queries(database) as fuller:
            write_minute(HOUR_START + 60 * count, total(many(count), many(count)))
        # read the minute, upsert it, read the hour, upsert it, take away the day
        assert len(first) == 5 + locks, first
        # read the minute: nothing changed
        assert len(again) == 1 + locks, again
        # read the minute, upsert it, read the hour's minutes, upsert the hour, take away the day
        assert len(fuller) == 5 + locks, fuller


def test_more_series_than_a_batch_take_a_statement_more_each(database):
    locks = int(connections[database].features.has_select_for_update)
    write_minute(HOUR_START, many(rollups.UPSERT_ROWS + 1))
    with counted_queries(database) as sent:
        write_minute(HOUR_START + 60, many(rollups.UPSERT_ROWS + 1))
    a_statement = min(rollups.UPSERT_ROWS, (connections[database].features.max_query_params or 1 << 30) // 7)
    assert len(sent) == 3 + locks + 2 * -(-(rollups.UPSERT_ROWS + 1) // a_statement)
    assert MinuteRollup.objects.filter(start=HOUR_START + 60).count() == rollups.UPSERT_ROWS + 1


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # test_partitions.py has PostgreSQL
def test_pruning_keeps_what_retention_promises_and_forgets_names_nobody_uses(settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 2, "keep_hour_days": 10}
    now = HOUR_START + 12 * DAY_S
    for days_ago in (1, 3, 11):
        write_minute(now - days_ago * DAY_S, windows_of(home=[1]) if days_ago < 11 else windows_of(shop=[1]))

    assert prune(now) == 3  # two minutes and one hour
    assert set(MinuteRollup.objects.values_list("start", flat=True)) == {now - DAY_S}
    assert set(HourRollup.objects.values_list("start", flat=True)) == {now - DAY_S, now - 3 * DAY_S}
    assert [name.key for name in SeriesName.objects.all()] == ["GET /"]
    assert prune(now) == 0


def test_a_pruned_name_gets_a_new_number_when_it_comes_back(settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 1, "keep_hour_days": 1}
    write_minute(HOUR_START, windows_of(home=[1]))
    prune(HOUR_START + 3 * DAY_S)
    write_minute(HOUR_START + 3 * DAY_S, windows_of(home=[2]))
    assert stored(MinuteRollup, HOUR_START + 3 * DAY_S) == windows_of(home=[2])


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # test_partitions.py has PostgreSQL
def test_one_call_prunes_a_bounded_number_of_rows_and_the_next_goes_on(settings, monkeypatch, database):
    settings.PERF_BUDGETS = {"keep_minute_days": 1, "keep_hour_days": 1}
    monkeypatch.setattr(rollups, "PRUNE_ROWS", 10)
    monkeypatch.setattr(rollups, "PRUNE_STATEMENTS", 2)
    write_minute(HOUR_START, many(35))
    now = HOUR_START + 2 * DAY_S

    deleted = []
    while MinuteRollup.objects.exists() or HourRollup.objects.exists():
        with counted_queries(database) as sent:
            deleted.append(prune(now))
        assert len(sent) <= 2 * 2 * 2 + 7
    assert deleted == [40, 30]
