"""Partitions of the rollups on a real PostgreSQL: there when they are written to, dropped whole, never in the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.db import OperationalError, connections
from django.test.utils import CaptureQueriesContext

from perfmon.models import DayRollup, HourRollup, MinuteRollup, Rollup
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store import partitions, rollups
from perfmon.store.partitions import make_ahead, partition_name, partitions_of
from perfmon.store.rollups import prune, write_days, write_minute
from perfmon.store.stored import rows_between, rows_of_keys
from tests.perfmon.store.conftest import To

DAY_S = 86_400
NOW = 1_800_000_000 // DAY_S * DAY_S + 7 * 3600
HOME = SeriesKey("request", "GET /")
COLLECTORS = 4


@pytest.fixture(autouse=True)
def alias(postgres_alias, monkeypatch) -> Iterator[str]:
    """Rollups are in PostgreSQL, and nothing is remembered of another database under the same alias."""
    monkeypatch.setattr("django.db.router.routers", [To(postgres_alias)])
    partitions.forget()
    yield postgres_alias
    rollups._ids.clear()
    partitions.forget()


def home(count: int = 1) -> Windows:
    """A minute with that many requests of one series."""
    return {HOME: Window(count, 0, 5 * count, 5)}


def names(alias: str, model: type[Rollup] = MinuteRollup) -> list[str]:
    """The partitions of a table, the oldest first."""
    with connections[alias].cursor() as cursor:
        return [one.name for one in partitions_of(cursor, model)]


def tables(alias: str) -> set[str]:
    """Every table of minutes there is, attached or not."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname LIKE 'perfmon\\_minute%'")
        return {name for (name,) in cursor.fetchall()}


def fill_days(alias: str, days: int) -> None:
    """Store one minute in each of the last days."""
    for ago in range(days):
        write_minute(NOW - ago * DAY_S, home())


def sent_by(alias: str, work: Callable[[], object]) -> list[str]:
    """Do the work and return the statements it sent."""
    with CaptureQueriesContext(connections[alias]) as captured:
        work()
    return [query["sql"] for query in captured.captured_queries]


def test_a_minute_of_any_time_can_be_written_with_holes_between(alias):
    for start in (NOW, NOW - 400 * DAY_S, NOW + 40 * DAY_S, 0, NOW - 400 * DAY_S + 60):
        write_minute(start, home())
    assert MinuteRollup.objects.count() == 5
    assert names(alias) == [partition_name(MinuteRollup, at) for at in (0, NOW - 400 * DAY_S, NOW, NOW + 40 * DAY_S)]
    assert write_days(NOW + DAY_S) == 1
    assert partition_name(DayRollup, NOW) in names(alias, DayRollup)
    assert DayRollup.objects.count() == 1


def test_a_late_window_goes_to_the_partition_of_its_own_day(alias):
    midnight = NOW // DAY_S * DAY_S
    write_minute(midnight - 60, home())
    write_minute(midnight, home())
    write_minute(midnight - 60, home(3))
    with connections[alias].cursor() as cursor:
        cursor.execute(f'SELECT start, count FROM "{partition_name(MinuteRollup, midnight - 60)}"')
        assert cursor.fetchall() == [(midnight - 60, 3)]
    assert HourRollup.objects.get(start=midnight - 3600).count == 3


def test_the_partitions_of_now_and_of_what_follows_are_made_ahead_and_only_once(alias):
    make_ahead(NOW)
    assert names(alias) == [partition_name(MinuteRollup, NOW), partition_name(MinuteRollup, NOW + DAY_S)]
    assert [len(names(alias, model)) for model in (HourRollup, DayRollup)] == [2, 2]
    assert sent_by(alias, lambda: make_ahead(NOW + 60)) == []
    before = names(alias)
    partitions.forget()
    make_ahead(NOW)
    assert names(alias) == before


def test_a_partition_that_vanished_behind_the_collectors_back_is_made_again(alias):
    write_minute(NOW, home())
    with connections[alias].cursor() as cursor:
        cursor.execute(f'DROP TABLE "{partition_name(MinuteRollup, NOW)}"')
    write_minute(NOW + 60, home(2))
    assert list(MinuteRollup.objects.values_list("start", "count")) == [(NOW + 60, 2)]


def test_a_partition_goes_when_all_of_it_is_past_its_time_and_not_before(alias, settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 3, "keep_hour_days": 40}
    fill_days(alias, 7)
    assert prune(NOW) == 3
    assert names(alias) == [partition_name(MinuteRollup, NOW - ago * DAY_S) for ago in (3, 2, 1, 0)]
    assert set(MinuteRollup.objects.values_list("start", flat=True)) == {NOW - ago * DAY_S for ago in range(4)}
    assert HourRollup.objects.count() == 7
    assert prune(NOW) == 0


def test_ninety_days_go_without_deleting_a_row_in_bounded_rounds(alias, settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 90, "keep_hour_days": 730}
    fill_days(alias, 90)
    later = NOW + 91 * DAY_S
    gone: list[int] = []

    def rounds() -> None:
        while not gone or gone[-1]:
            gone.append(prune(later))

    sent = sent_by(alias, rounds)
    assert gone == [30, 30, 30, 0]
    assert not [sql for sql in sent if "DELETE" in sql]
    assert len([sql for sql in sent if "DETACH PARTITION" in sql and "CONCURRENTLY" in sql]) == 90
    assert len(sent) < 90 * 3 + 4 * 15
    assert tables(alias) == {"perfmon_minuterollup"}


def test_names_nobody_uses_go_with_the_last_partition(alias, settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 1, "keep_hour_days": 1}
    write_minute(NOW, home())
    write_minute(NOW + 100 * DAY_S, {SeriesKey("request", "GET /shop"): Window(1, 0, 5, 5)})
    assert prune(NOW + 100 * DAY_S) == 2
    assert [key for _, key, _ in rows_of_keys(alias, 60, "request", ["GET /", "GET /shop"], (0, 1 << 40))] == [
        "GET /shop"
    ]
    write_minute(NOW + 100 * DAY_S, home())
    assert MinuteRollup.objects.count() == 1


def plan_of(alias: str, sql: str) -> str:
    """How PostgreSQL would answer a statement."""
    with connections[alias].cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        return json.dumps(cursor.fetchone()[0])


def test_a_charts_query_opens_the_partitions_of_its_range_and_no_other(alias):
    fill_days(alias, 30)
    start = NOW - 6 * 3600
    (sql,) = sent_by(alias, lambda: rows_of_keys(alias, 60, "request", ["GET /"], (start, NOW + 60)))
    plan = plan_of(alias, sql)
    assert partition_name(MinuteRollup, NOW) in plan
    assert partition_name(MinuteRollup, NOW - DAY_S) not in plan


def test_totals_open_the_partitions_of_their_edges_and_no_other(alias):
    fill_days(alias, 30)
    sent = sent_by(alias, lambda: rows_between(alias, "request", NOW - 2 * DAY_S + 60, NOW + 60))
    opened = [
        name for name in names(alias) for sql in sent if '"perfmon_minuterollup"' in sql and name in plan_of(alias, sql)
    ]
    assert opened == [partition_name(MinuteRollup, NOW - 2 * DAY_S), partition_name(MinuteRollup, NOW)]


def test_the_newest_minute_is_looked_for_in_the_newest_partitions_and_in_all_when_they_are_empty(alias):
    fill_days(alias, 30)
    assert rollups.last_minute() == NOW
    (sql,) = sent_by(alias, rollups.last_minute)
    assert partition_name(MinuteRollup, NOW) in plan_of(alias, sql)
    assert partition_name(MinuteRollup, NOW - 2 * DAY_S) not in plan_of(alias, sql)
    MinuteRollup.objects.filter(start__gt=NOW - 20 * DAY_S).delete()
    assert rollups.last_minute() == NOW - 20 * DAY_S
    MinuteRollup.objects.all().delete()
    assert rollups.last_minute() is None


def test_many_collectors_at_once_make_each_partition_once_and_lose_no_write(alias, settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 2, "keep_hour_days": 730}
    fill_days(alias, 12)
    partitions.forget()
    barrier = threading.Barrier(COLLECTORS)
    failures: list[BaseException] = []
    dropped: list[int] = []

    def collect(number: int) -> None:
        try:
            for day in range(1, 6):
                barrier.wait(20)
                partitions.forget()
                make_ahead(NOW + day * DAY_S)
                write_minute(NOW + day * DAY_S + 60 * number, home())
                dropped.append(prune(NOW + day * DAY_S))
        except BaseException as error:
            failures.append(error)
            barrier.abort()
        finally:
            connections[alias].close()

    threads = [threading.Thread(target=collect, args=(number,)) for number in range(COLLECTORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    prune(NOW + 5 * DAY_S)
    expected = [partition_name(MinuteRollup, NOW + day * DAY_S) for day in range(3, 7)]
    assert names(alias) == expected
    assert tables(alias) == {"perfmon_minuterollup", *expected}
    assert MinuteRollup.objects.count() == 3 * COLLECTORS


@pytest.fixture
def reader(alias) -> Iterator[psycopg.Connection]:
    """Another session, in a transaction that has read every partition."""
    settings = connections[alias].get_connection_params()
    with psycopg.connect(**{name: settings[name] for name in ("host", "port", "user", "dbname")}) as session:
        yield session


def test_a_partition_still_being_read_goes_in_a_later_round_and_the_reader_is_not_disturbed(
    alias, settings, monkeypatch, reader
):
    settings.PERF_BUDGETS = {"keep_minute_days": 1, "keep_hour_days": 730}
    monkeypatch.setattr(partitions, "LOCK_TIMEOUT_MS", 100)
    fill_days(alias, 3)
    reader.execute("SELECT count(*) FROM perfmon_minuterollup")
    with pytest.raises(OperationalError):
        prune(NOW + DAY_S)
    write_minute(NOW + 60, home())
    assert reader.execute(f'SELECT count(*) FROM "{partition_name(MinuteRollup, NOW)}"').fetchone() == (2,)
    reader.rollback()
    assert prune(NOW + DAY_S) == 2
    assert tables(alias) == {"perfmon_minuterollup", partition_name(MinuteRollup, NOW)}


def test_a_table_that_was_taken_out_and_not_dropped_is_dropped_next_time_and_an_operators_own_stays(alias):
    fill_days(alias, 3)
    kept, left = names(alias)[:2]
    with connections[alias].cursor() as cursor:
        for name in (kept, left):
            cursor.execute(f'ALTER TABLE perfmon_minuterollup DETACH PARTITION "{name}"')
        cursor.execute(f"COMMENT ON TABLE \"{left}\" IS '{partitions.EXPIRED}'")
    prune(NOW)
    assert kept in tables(alias)
    assert left not in tables(alias)


def test_beside_an_operators_default_partition_old_ones_still_go_and_that_one_stays(alias, settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 1, "keep_hour_days": 730}
    write_minute(NOW, home())
    with connections[alias].cursor() as cursor:
        cursor.execute("CREATE TABLE perfmon_minute_rest PARTITION OF perfmon_minuterollup DEFAULT")
    assert prune(NOW + 5 * DAY_S) == 1
    assert tables(alias) == {"perfmon_minuterollup", "perfmon_minute_rest"}
