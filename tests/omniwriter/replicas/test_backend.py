"""A read that its replica fails is answered by another server, once, and only outside of a transaction."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group
from django.db import DataError, OperationalError, connections, transaction
from django.test.utils import CaptureQueriesContext

from omniwriter.replicas import monitor
from tests.waiting import eventually

from .conftest import Cluster

#: Which server answers, after a second in which it may be lost.
SLOW = "SELECT inet_server_port() FROM (SELECT pg_sleep(1)) AS slept"
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(1)%' AND pid <> pg_backend_pid()"


def ask(alias: str, query: str = "SELECT inet_server_port()") -> int:
    """Ask a server and return what it says."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


@contextmanager
def meanwhile(cluster: Cluster, number: int, act: Callable[[], object]) -> Iterator[None]:
    """Do something as soon as a replica is busy with the slow query."""

    def wait_and_act() -> None:
        eventually(lambda: cluster.replicas[number].execute(RUNNING))
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    yield
    thread.join()


def primary_port() -> int:
    return int(connections.settings["default"]["PORT"])


def test_a_read_whose_replica_dies_in_the_middle_is_answered_by_the_other(cluster: Cluster) -> None:
    cluster.wait_live()
    with meanwhile(cluster, 0, cluster.replicas[0].kill):
        assert ask("replica1", SLOW) == cluster.replicas[1].port
    assert monitor.rotation.is_away("replica1")


def test_with_no_other_replica_it_is_answered_by_the_primary(cluster: Cluster) -> None:
    cluster.wait_live()
    cluster.replicas[1].kill()
    eventually(lambda: monitor.rotation.is_away("replica2"))

    with meanwhile(cluster, 0, cluster.replicas[0].kill):
        assert ask("replica1", SLOW) == primary_port()


def test_a_read_that_both_replicas_fail_is_answered_by_the_primary(cluster: Cluster) -> None:
    cluster.wait_live()
    assert {ask("replica1"), ask("replica2")} == {one.port for one in cluster.replicas}
    for one in cluster.replicas:
        one.kill()

    assert ask("replica1") == primary_port()
    assert not Group.objects.using("replica2").exists()


def test_a_transaction_on_a_replica_is_not_done_twice(cluster: Cluster) -> None:
    cluster.wait_live()
    ask("replica1")
    with (
        pytest.raises(OperationalError),
        meanwhile(cluster, 0, cluster.replicas[0].kill),
        transaction.atomic(using="replica1"),
    ):
        ask("replica1", SLOW)


def test_an_error_of_the_query_itself_is_raised_and_asked_of_nobody_else(cluster: Cluster) -> None:
    cluster.wait_live()
    reads = monitor.rotation.replicas["replica2"].reads

    with pytest.raises(DataError):
        ask("replica1", "SELECT 1 / 0")

    assert monitor.rotation.replicas["replica2"].reads == reads
    assert len(cluster.live()) == 2


def test_a_read_that_is_in_the_way_of_replay_is_asked_elsewhere_and_its_replica_stays(cluster: Cluster) -> None:
    cluster.wait_live()
    replica = cluster.replicas[0]
    replica.execute("ALTER SYSTEM SET max_standby_streaming_delay = 0", "SELECT pg_reload_conf()")
    slow = SLOW.replace("FROM (", "FROM (SELECT count(*) FROM auth_group) AS counted, (")
    try:
        with meanwhile(
            cluster, 0, lambda: cluster.execute("BEGIN", "LOCK TABLE auth_group IN ACCESS EXCLUSIVE MODE", "COMMIT")
        ):
            where = ask("replica1", slow)
    finally:
        replica.execute("ALTER SYSTEM RESET max_standby_streaming_delay", "SELECT pg_reload_conf()")

    assert where != replica.port
    assert len(cluster.live()) == 2


def test_queries_that_move_are_kept_for_whoever_debugs(cluster: Cluster) -> None:
    cluster.wait_live()
    ask("replica1")
    cluster.replicas[0].kill()

    with CaptureQueriesContext(connections["replica1"]):
        assert ask("replica1") == cluster.replicas[1].port


def test_a_replica_that_is_away_is_not_waited_for(cluster: Cluster) -> None:
    cluster.wait_live()
    cluster.replicas[0].kill()
    eventually(lambda: monitor.rotation.is_away("replica1"))
    ask("replica2")

    started = time.monotonic()
    for _ in range(20):
        assert ask("replica1") == cluster.replicas[1].port

    assert time.monotonic() - started < 5  # each wait for a connection would be a second
