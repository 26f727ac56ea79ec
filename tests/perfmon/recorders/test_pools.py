"""Waits for a connection of Django's own pool, on a real PostgreSQL; without a pool nothing at all."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import environ
import pytest
from django.db import OperationalError, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from perfmon.context import muted
from perfmon.ingest import ingest
from perfmon.recorders import uninstall_recorders
from perfmon.recorders.pools import PoolRecorder, RecordedPool
from perfmon.series import SeriesKey, Window
from tests.perfmon.recorders.collected import recorded
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("recording")
TIMEOUT_S = 0.2


@pytest.fixture(params=["django.db.backends.postgresql", "omniwriter.postgresql"])
def pooled(request, postgres_url, django_db_blocker) -> Iterator[str]:
    """A database alias with a pool of two connections, Django's or one derived from it, whose pool is recorded."""
    options = {"pool": {"min_size": 1, "max_size": 2, "timeout": 30}}
    config = environ.Env.db_url_config(postgres_url) | {"ENGINE": request.param, "OPTIONS": options}
    config |= {"CONN_HEALTH_CHECKS": True}
    connections.settings["pooled"] = connections.configure_settings({"default": {}, "pooled": config})["pooled"]
    recorder = PoolRecorder()
    recorder.install()
    ingest.samplers.append(recorder)
    with django_db_blocker.unblock():
        yield "pooled"
        connections["pooled"].close()
        connections["pooled"].close_pool()
    recorder.uninstall()
    del connections["pooled"]
    del connections.settings["pooled"]


def work(alias: str) -> None:
    """Use one connection as a request does: it goes back to the pool afterwards."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")
    connections[alias].close()


def gauges() -> dict[str, int]:
    """How full the pool is at this moment."""
    return {key.key.partition("/")[2]: window.max for key, window in ingest.samplers[-1].sample(0)}


def waits() -> Window | None:
    return recorded().get(SeriesKey("pool", "pooled"))


def test_each_connection_taken_is_counted_with_the_time_it_took(pooled):
    for _ in range(3):
        work(pooled)

    window = waits()
    assert window is not None
    assert (window.count, window.errors, window.histogram.count) == (3, 0, 3)
    assert 0 < window.max <= window.sum


def test_a_connection_nobody_gives_back_in_time_is_an_error_after_that_time(pooled):
    done = threading.Event()
    taken = [threading.Semaphore(0) for _ in range(2)]

    def hold(ready: threading.Semaphore) -> None:
        connections[pooled].ensure_connection()
        ready.release()
        done.wait(10)
        connections[pooled].close()

    holders = [threading.Thread(target=hold, args=(ready,)) for ready in taken]
    for holder in holders:
        holder.start()
    for ready in taken:
        assert ready.acquire(timeout=10)
    connections[pooled].pool.timeout = TIMEOUT_S
    with pytest.raises(OperationalError, match="couldn't get a connection"):
        connections[pooled].ensure_connection()
    full = gauges()
    done.set()
    for holder in holders:
        holder.join(10)

    window = waits()
    assert window is not None
    assert (window.count, window.errors) == (3, 1)
    assert window.max >= TIMEOUT_S * 1e9
    assert (full["size"], full["in_use"], full["limit"]) == (2, 2, 2)


def test_who_waits_is_seen_and_served_when_a_connection_comes_back(pooled):
    connections[pooled].ensure_connection()
    pool: Any = connections[pooled].pool
    other = pool.getconn()
    waiting = threading.Thread(target=work, args=(pooled,))
    waiting.start()
    eventually(lambda: gauges()["waiting"] == 1)
    pool.putconn(other)
    waiting.join(10)

    eventually(lambda: gauges() == {"size": 2, "in_use": 1, "limit": 2, "waiting": 0})
    window = waits()
    assert window is not None
    assert (window.count, window.errors) == (3, 0)


def test_the_gauges_of_an_idle_pool_are_read_at_every_flush(pooled):
    work(pooled)
    eventually(lambda: gauges()["in_use"] == 0)

    windows = recorded()
    assert windows[SeriesKey("pool_gauge", "pooled/limit")] == Window(1, 0, 2, 2)
    assert windows[SeriesKey("pool_gauge", "pooled/in_use")] == Window(1, 0, 0, 0)


def test_a_pool_that_django_closed_and_made_anew_is_recorded_too(pooled):
    work(pooled)
    connections[pooled].close_pool()
    assert not list(ingest.samplers[-1].sample(0))
    work(pooled)

    window = waits()
    assert window is not None
    assert window.count == 2


def test_perfmons_own_connections_are_left_out(pooled):
    with muted():
        work(pooled)

    assert waits() is None


def test_uninstalling_gives_django_its_dict_and_the_pool_its_class_back(pooled):
    work(pooled)
    pool: Any = connections[pooled].pool
    assert isinstance(pool, RecordedPool)
    recorder = ingest.samplers.pop()
    recorder.uninstall()
    recorded()
    work(pooled)

    assert not isinstance(pool, RecordedPool)
    assert type(DatabaseWrapper._connection_pools) is dict
    assert waits() is None
    recorder.install()  # as the fixture left it
    ingest.samplers.append(recorder)


def test_without_a_pool_nothing_is_hooked_and_nothing_reported():
    uninstall_recorders()
    before = DatabaseWrapper._connection_pools
    recorder = PoolRecorder()
    recorder.install()

    assert DatabaseWrapper._connection_pools is before
    assert list(recorder.sample(0)) == []
    recorder.uninstall()
