"""Reads go round the replicas, everything that must be exact goes to the primary."""

from __future__ import annotations

import threading
from collections import Counter

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission, User
from django.contrib.sessions.models import Session
from django.db import connections, router, transaction

from articles.models import AccessToken, IdempotencyKey
from omniwriter.replicas import monitor
from omniwriter.replicas.writes import is_write
from omniwriter.routers import PrimaryReplicaRouter
from perfmon.models import ApiToken

from .conftest import Cluster


def spread() -> list[int]:
    """Return how many reads each replica was asked for."""
    return [one.reads for one in monitor.rotation.replicas.values()]


def warm() -> None:
    """Open this thread's connections: Django asks a new one a few things itself."""
    for alias in connections:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")


def test_reads_take_turns(cluster: Cluster) -> None:
    cluster.wait_live()

    assert Counter(Group.objects.filter(name="x").db for _ in range(10)) == {"replica1": 5, "replica2": 5}


def test_reads_are_spread_within_a_tenth_and_none_is_the_primarys(cluster: Cluster) -> None:
    cluster.wait_live()
    warm()
    before, primary = spread(), monitor.rotation.primary_reads

    for _ in range(200):
        list(Group.objects.filter(name="x"))

    after = [now - then for now, then in zip(spread(), before, strict=True)]
    assert sum(after) == 200
    assert max(after) - min(after) <= 20
    assert monitor.rotation.primary_reads == primary


def test_reads_of_threads_are_spread_within_a_tenth(cluster: Cluster) -> None:
    cluster.wait_live()

    def read() -> None:
        for _ in range(40):
            list(Group.objects.in_bulk([1]))  # asks the router twice
        connections.close_all()

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(spread()) >= 320
    assert max(spread()) - min(spread()) <= 0.1 * sum(spread())


def test_a_write_goes_to_the_primary_and_reaches_the_replicas(cluster: Cluster) -> None:
    cluster.wait_live()

    group = Group.objects.create(name="writers")

    assert group._state.db == "default"
    assert Group.objects.filter(name="writers").update(name="editors") == 1
    assert spread() == [0, 0]


def test_a_replica_takes_no_write(cluster: Cluster) -> None:
    cluster.wait_live()

    with pytest.raises(Exception, match="read-only transaction"):
        Group.objects.using("replica1").create(name="x")


def test_a_transaction_reads_from_the_primary(cluster: Cluster) -> None:
    cluster.wait_live()

    with transaction.atomic():
        assert Group.objects.filter(name="x").db == "default"
        assert not Group.objects.filter(name="x").exists()
    assert Group.objects.filter(name="x").db != "default"
    assert spread() == [0, 0]


def test_a_connection_without_autocommit_reads_from_the_primary(cluster: Cluster) -> None:
    cluster.wait_live()
    warm()

    transaction.set_autocommit(False)
    try:
        assert Group.objects.filter(name="x").db == "default"
    finally:
        transaction.rollback()
        transaction.set_autocommit(True)


def test_select_for_update_is_the_primarys(cluster: Cluster) -> None:
    cluster.wait_live()

    assert Group.objects.select_for_update().db == "default"
    with transaction.atomic():
        assert list(Group.objects.select_for_update().filter(name="x")) == []


def test_get_or_create_looks_on_the_primary(cluster: Cluster) -> None:
    cluster.wait_live()
    Group.objects.using("default").create(name="there")
    for one in cluster.replicas:
        one.pause(True)

    found, created = Group.objects.get_or_create(name="there")

    assert not created
    assert found._state.db == "default"


@pytest.mark.parametrize(
    "model", [Session, LogEntry, User, Permission, AccessToken, IdempotencyKey, ApiToken, AccessAttempt]
)
def test_what_lets_somebody_in_or_keeps_accounts_is_the_primarys(cluster: Cluster, model: type) -> None:
    cluster.wait_live()

    assert model.objects.all().db == "default"


def test_related_rows_are_read_in_turn_too_and_may_be_joined(cluster: Cluster) -> None:
    cluster.wait_live()
    user, group = User.objects.create(username="ana"), Group.objects.create(name="editors")

    here = Group(pk=group.pk)
    here._state.db = "replica1"

    assert PrimaryReplicaRouter().allow_relation(user, here)
    user.groups.add(here)
    assert list(user.groups.all()) == [group]


def test_replicas_are_not_migrated(cluster: Cluster) -> None:
    assert not router.allow_migrate("replica1", "auth")
    assert router.allow_migrate("default", "auth")


def test_without_replicas_the_router_has_no_opinion(db: None) -> None:
    assert PrimaryReplicaRouter().db_for_read(Group) is None
    assert PrimaryReplicaRouter().db_for_write(Group) is None
    assert PrimaryReplicaRouter().allow_relation(Group(), Group()) is None
    assert Group.objects.all().db == "default"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("watch-")]


@pytest.mark.parametrize(
    ("sql", "writes"),
    [
        ("SELECT 1", False),
        ("  (select a) UNION (select b)", False),
        ("WITH a AS (SELECT 1) SELECT * FROM a", False),
        ("EXPLAIN SELECT 1", False),
        ('SAVEPOINT "s1"', False),
        ("RELEASE SAVEPOINT s1", False),
        ("INSERT INTO a VALUES (1)", True),
        ("update a set b = 1", True),
        ("WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone", True),
        ("EXPLAIN ANALYZE DELETE FROM a", True),
        ("CREATE TABLE a ()", True),
        ("COPY a FROM STDIN", True),
        (b"SELECT 1", True),
    ],
)
def test_a_statement_that_may_change_data_is_a_write(sql: str, writes: bool) -> None:
    assert is_write(sql) is writes
