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

from perfmon.models import HourRollup, MinuteRollup, Rollup, SeriesName
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store import rollups
from perfmon.store.rollups import FIGURES, last_minute, prune, write_minute

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
    for model in (MinuteRollup, HourRollup, SeriesName):
        model.objects.all().delete()
    rollups._ids.clear()


durations = st.lists(st.integers(0, 1 << 40), min_size=1, max_size=4)
minutes = st.dictionaries(st.sampled_from(["home", "shop"]), durations, min_size=1)
writes = st.lists(st.tuples(st.integers(0, 3), minutes), min_size=1, max_size=8)


@examples(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=writes)
def test_any_order_and_repetition_of_writes_gives_hours_that_sum_the_latest_minutes(written):
    forget_everything()
    latest: dict[int, Windows] = {}
    for number, values in written:
        start = HOUR_START + 60 * number + (3600 if number == 3 else 0)
        latest[start] = windows_of(**values)
        write_minute(start, latest[start])

    for start, windows in latest.items():
        assert stored(MinuteRollup, start) == windows
    for hour in (HOUR_START, HOUR_START + 3600):
        assert stored(HourRollup, hour) == total(*(latest[at] for at in latest if at // 3600 * 3600 == hour))


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
        # is it new, upsert of the minute, read the hour, upsert of the hour
        assert len(first) == 4 + locks, first
        # is it new, delete the minute, upsert it, delete the hour, read the minutes, upsert the hour
        assert len(again) == 6 + locks, again


def test_more_series_than_a_batch_take_a_statement_more_each(database):
    locks = int(connections[database].features.has_select_for_update)
    write_minute(HOUR_START, many(rollups.UPSERT_ROWS + 1))
    with counted_queries(database) as sent:
        write_minute(HOUR_START + 60, many(rollups.UPSERT_ROWS + 1))
    a_statement = min(rollups.UPSERT_ROWS, (connections[database].features.max_query_params or 1 << 30) // 7)
    assert len(sent) == 2 + locks + 2 * -(-(rollups.UPSERT_ROWS + 1) // a_statement)
    assert MinuteRollup.objects.filter(start=HOUR_START + 60).count() == rollups.UPSERT_ROWS + 1


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
        assert len(sent) <= 2 * 2 * 2 + 5
    assert deleted == [40, 30]
