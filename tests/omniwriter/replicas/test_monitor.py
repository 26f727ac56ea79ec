"""Replicas that are late or away leave the rotation and come back by themselves; the primary serves meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from omniwriter.replicas import monitor
from omniwriter.replicas.lsn import parse_lsn
from omniwriter.replicas.rotation import State
from tests.waiting import eventually

from .conftest import Cluster


@contextmanager
def writes_going_on(cluster: Cluster) -> Iterator[None]:
    """Commit twenty times a second."""
    ended = threading.Event()

    def write() -> None:
        while not ended.wait(0.05):
            cluster.execute("UPDATE auth_group SET name = name")

    cluster.execute("INSERT INTO auth_group (name) VALUES ('written')")
    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def test_a_replica_whose_replay_is_paused_leaves_within_two_seconds_and_returns_by_itself(cluster: Cluster) -> None:
    cluster.wait_live()
    with writes_going_on(cluster):
        cluster.replicas[0].pause(True)
        paused_at = time.monotonic()
        eventually(lambda: cluster.live() == ["replica2"])
        took_s = time.monotonic() - paused_at
        assert {Group.objects.filter(name="x").db for _ in range(4)} == {"replica2"}
        assert cluster.state("replica1") is State.LAGGING
        assert monitor.rotation.replicas["replica1"].lag_ms > 1000

        cluster.replicas[0].pause(False)
        cluster.wait_live(2)

    assert took_s < 2
    assert monitor.rotation.replicas["replica1"].evictions == 1


def test_a_replica_that_returns_reads_little_at_first(cluster: Cluster) -> None:
    cluster.wait_live()
    monitor.lost("replica1", OSError("gone"))
    assert cluster.live() == ["replica2"]

    cluster.wait_live()
    used = [Group.objects.filter(name="x").db for _ in range(20)]

    assert 0 < used.count("replica1") <= 5


def test_a_paused_replica_of_an_idle_primary_stays(cluster: Cluster) -> None:
    paused = monitor.rotation.replicas["replica1"]
    for _ in range(8):  # the server writes to its log now and then by itself; then it was not idle
        cluster.replicas[0].pause(False)
        cluster.wait_live()
        cluster.replicas[0].pause(True)
        paused_at = time.monotonic()
        eventually(lambda at=paused_at: all(one.answered_at > at + 1.2 for one in monitor.rotation.replicas.values()))
        live = cluster.live()
        was_idle = paused.replayed >= parse_lsn(cluster.place())
        if was_idle:
            break

    assert was_idle
    assert len(live) == 2


def test_a_transaction_that_is_left_open_makes_no_replica_late(cluster: Cluster) -> None:
    cluster.wait_live()
    with connections["default"].cursor() as cursor:
        cursor.execute("BEGIN; INSERT INTO auth_group (name) SELECT 'x' || n FROM generate_series(1, 2000) n")
        try:
            ends = time.monotonic() + 1.6
            eventually(lambda: time.monotonic() > ends)
            assert len(cluster.live()) == 2
        finally:
            cursor.execute("ROLLBACK")


def test_a_killed_replica_leaves_at_once_and_returns_when_it_is_back(cluster: Cluster) -> None:
    cluster.wait_live()

    cluster.replicas[1].kill()
    eventually(lambda: cluster.live() == ["replica1"], within_s=2)
    assert cluster.state("replica2") is State.AWAY
    cluster.replicas[1].start()

    cluster.wait_live()


def test_with_both_replicas_dead_the_primary_serves(cluster: Cluster) -> None:
    cluster.wait_live()
    Group.objects.create(name="there")
    for one in cluster.replicas:
        one.kill()

    assert Group.objects.filter(name="there").exists()
    eventually(lambda: cluster.live() == [])
    assert Group.objects.filter(name="there").db == "default"


def test_a_frozen_replica_leaves_and_lets_go_of_whoever_waits_for_it(cluster: Cluster) -> None:
    cluster.wait_live()
    for alias in ("replica1", "replica2"):
        assert not Group.objects.using(alias).filter(name="x").exists()

    cluster.replicas[0].freeze(True)
    started = time.monotonic()
    assert not Group.objects.using("replica1").filter(name="x").exists()

    assert time.monotonic() - started < 8
    assert cluster.live() == ["replica2"]


def test_a_server_that_takes_writes_of_its_own_is_no_replica(cluster: Cluster) -> None:
    connections.settings["replica2"] |= {"PORT": connections.settings["default"]["PORT"]}

    cluster.wait_live(1)

    eventually(lambda: "takes writes of its own" in monitor.rotation.replicas["replica2"].reason)


def test_before_the_first_look_the_primary_serves(cluster: Cluster) -> None:
    assert Group.objects.filter(name="x").db == "default"


@pytest.mark.skipif(not hasattr(monitor.os, "fork"), reason="forks")
def test_a_forked_child_looks_for_itself(cluster: Cluster) -> None:
    cluster.wait_live()
    reading, writing = monitor.os.pipe()

    child = monitor.os.fork()
    if child == 0:
        started = not monitor._watchers
        monitor.ensure_started()
        alive = [watcher.is_alive() for watcher in monitor._watchers]
        monitor.os.write(writing, b"1" if started and alive == [True] * 3 else b"0")
        monitor.os._exit(0)
    monitor.os.waitpid(child, 0)

    assert monitor.os.read(reading, 1) == b"1"
