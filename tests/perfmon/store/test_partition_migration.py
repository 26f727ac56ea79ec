"""The migration to partitions and back, on a real PostgreSQL with rows in it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connections

from perfmon.models import DayRollup, HourRollup, MinuteRollup, Rollup, SeriesName
from perfmon.series import SeriesKey, Window
from perfmon.store import partitions, rollups
from perfmon.store.partitions import is_partitioned, partition_name, partitions_of
from tests.perfmon.store.conftest import To

DAY_S = 86_400
NOW = 1_800_000_000 // DAY_S * DAY_S
MODELS: tuple[type[Rollup], ...] = (MinuteRollup, HourRollup, DayRollup)


@pytest.fixture
def alias(postgres_alias, monkeypatch) -> str:
    """A database as it was before partitions."""
    monkeypatch.setattr("django.db.router.routers", [To(postgres_alias)])
    partitions.forget()
    migrate(postgres_alias, "0001")
    return postgres_alias


def migrate(alias: str, to: str) -> None:
    """Bring perfmon's tables to a migration."""
    call_command("migrate", "perfmon", to, database=alias, verbosity=0)


def seed() -> None:
    """Store minutes of a year ago, of these days and of one far ahead, their hours and days."""
    for start in (NOW - 365 * DAY_S, NOW - DAY_S, NOW - DAY_S + 60, NOW, NOW + 3600, NOW + 9 * DAY_S):
        window = Window()
        window.add(start % 7919, start % 7 == 0)
        rollups.write_minute(start, {SeriesKey("request", f"GET /{start % 2}"): window})
    rollups.write_days(NOW + DAY_S + rollups.DAY_GRACE_S)


def rows_of(model: type[Rollup]) -> list[Any]:
    """Everything a table holds."""
    return [(*row[:-1], bytes(row[-1])) for row in model.objects.order_by("start", "series").values_list()]


def shape_of(alias: str, model: type[Rollup]) -> dict[str, Any]:
    """A table's constraints and indexes by name; of the primary key only that it is one."""
    with connections[alias].cursor() as cursor:
        found = connections[alias].introspection.get_constraints(cursor, model._meta.db_table)
    hidden = {"definition", "options", "orders", "type"}
    shape = {name: {key: one[key] for key in one.keys() - hidden} for name, one in found.items()}
    return {name: "primary key" if one["primary_key"] else one for name, one in shape.items() if "not_null" not in name}


def test_every_row_is_kept_there_and_back_and_so_is_every_name(alias):
    seed()
    rows, shapes = [rows_of(model) for model in MODELS], [shape_of(alias, model) for model in MODELS]
    assert [len(found) for found in rows] == [6, 5, 2]
    assert not is_partitioned(alias)

    migrate(alias, "0002")
    assert is_partitioned(alias)
    assert [rows_of(model) for model in MODELS] == rows
    assert [shape_of(alias, model) for model in MODELS] == shapes

    migrate(alias, "0001")
    assert not is_partitioned(alias)
    assert [rows_of(model) for model in MODELS] == rows
    assert [shape_of(alias, model) for model in MODELS] == shapes


def test_each_stretch_with_rows_has_its_partition_and_writing_goes_on(alias):
    seed()
    migrate(alias, "0002")
    with connections[alias].cursor() as cursor:
        names = [one.name for one in partitions_of(cursor, MinuteRollup)]
    assert names == [partition_name(MinuteRollup, NOW + days * DAY_S) for days in (-365, -1, 0, 9)]
    newest = max(MinuteRollup.objects.values_list("pk", flat=True))
    rollups.write_minute(NOW, {SeriesKey("request", "GET /0"): Window(3, 0, 9, 3)})
    rollups.write_minute(NOW + 2 * DAY_S, {SeriesKey("request", "GET /0"): Window(4, 0, 9, 3)})
    assert MinuteRollup.objects.get(start=NOW).count == 3
    assert MinuteRollup.objects.get(start=NOW + 2 * DAY_S).pk > newest


def test_the_database_still_refuses_a_row_of_no_series_and_a_second_one_of_the_same_minute(alias):
    from django.db import IntegrityError, transaction

    seed()
    migrate(alias, "0002")
    row = {"start": NOW, "count": 1, "errors": 0, "sum": 1, "max": 1, "histogram": b""}
    for series_id in (SeriesName.objects.get(key=f"GET /{NOW % 2}").pk, 999_999):
        with pytest.raises(IntegrityError), transaction.atomic(using=alias):
            MinuteRollup.objects.create(series_id=series_id, **row)


def test_until_its_migration_has_run_a_new_release_writes_and_prunes_as_before(alias, settings):
    settings.PERF_BUDGETS = {"keep_minute_days": 1, "keep_hour_days": 730}
    seed()
    assert rollups.prune(NOW + DAY_S) == 3
    assert MinuteRollup.objects.count() == 3
