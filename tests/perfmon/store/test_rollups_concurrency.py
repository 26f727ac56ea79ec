"""Two collectors that overlap for a moment: the old leader's last write and the new one's first."""

from __future__ import annotations

import threading

import pytest
from django.db import connections

from perfmon.models import HourRollup, SeriesName
from perfmon.series import SeriesKey, Window
from perfmon.store import rollups
from perfmon.store.rollups import write_minute

HOUR_START = 1_799_999_200 // 3600 * 3600
HOME = SeriesKey("request", "GET /")
WRITERS = 4


def test_collectors_that_write_the_same_new_minute_at_once_count_it_once(postgres_alias, monkeypatch):
    from tests.perfmon.store.conftest import To

    monkeypatch.setattr("django.db.router.routers", [To(postgres_alias)])
    windows = {SeriesKey("request", f"GET /{number}/"): Window(1, 0, 5, 5) for number in range(50)}
    rollups.series_ids(windows)
    barrier = threading.Barrier(WRITERS)
    failures: list[BaseException] = []

    def write() -> None:
        try:
            for minute in range(10):
                barrier.wait(10)
                write_minute(HOUR_START + 60 * minute, windows)
        except BaseException as error:
            failures.append(error)
        finally:
            connections[postgres_alias].close()

    threads = [threading.Thread(target=write) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert set(HourRollup.objects.values_list("count", flat=True)) == {10}


@pytest.mark.django_db(transaction=True)
def test_a_name_that_another_collector_pruned_is_named_anew():
    write_minute(HOUR_START, {HOME: Window(1, 0, 5, 5)})
    number = rollups._ids[HOME]
    HourRollup.objects.all().delete()
    SeriesName.objects.all().delete()  # cascades to the minute
    SeriesName.objects.create(kind="request", key="GET /another")
    rollups._ids[HOME] = number + 1000

    write_minute(HOUR_START + 60, {HOME: Window(2, 0, 7, 5)})

    assert list(HourRollup.objects.values_list("series__key", "count")) == [("GET /", 2)]
