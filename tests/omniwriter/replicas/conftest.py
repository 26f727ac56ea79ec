"""This process on a primary and two streaming replicas, as the project is with ``DATABASE_REPLICA_URLS``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connections

from omniwriter.replicas import messages, monitor, pins, writes
from omniwriter.replicas.rotation import State
from omniwriter.replicas.servers import replica_aliases
from omniwriter.settings import database, replica
from omniwriter.stack.postgres import postgres_url
from omniwriter.stack.service import Running
from tests.fixtures.servers import MortalReplica, connects, new_database
from tests.waiting import eventually

ALIASES = ["default", "replica1", "replica2"]


class Cluster:
    """The primary, its replicas, and what this process makes of them."""

    def __init__(self, primary_url: str, replicas: list[MortalReplica], database: str) -> None:
        self.primary_url, self.replicas, self.database = primary_url, replicas, database

    def wait_live(self, count: int = 2) -> None:
        """Wait until so many replicas read."""
        monitor.ensure_started()
        eventually(lambda: len(self.live()) == count)

    def live(self) -> list[str]:
        """Return the aliases that read."""
        return [one.alias for one in monitor.rotation.replicas.values() if one.state is State.LIVE]

    def state(self, alias: str) -> State:
        """Return what this process holds of a replica."""
        return monitor.rotation.replicas[alias].state

    def place(self) -> str:
        """Return the end of the primary's log."""
        with psycopg.connect(self.primary_url, autocommit=True) as connection:
            return connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone()[0]

    def wait_replayed(self) -> None:
        """Wait until the replicas have replayed all that the primary has written."""
        is_there = f"SELECT pg_last_wal_replay_lsn() >= '{self.place()}'"
        eventually(lambda: all(one.execute(is_there) for one in self.replicas))

    def execute(self, *statements: str) -> None:
        """Run statements on the primary, past this process's Django."""
        with psycopg.connect(self.primary_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


@contextlib.contextmanager
def as_databases(configs: dict[str, dict[str, Any]]) -> Iterator[None]:
    """Put other databases under this process's aliases."""
    before = dict(connections.settings)
    forget_connections()
    connections.settings.clear()
    connections.settings.update(connections.configure_settings(configs))
    try:
        yield
    finally:
        forget_connections()
        connections.settings.clear()
        connections.settings.update(before)


def forget_connections() -> None:
    """Close this thread's connections and have new ones made."""
    for connection in connections.all(initialized_only=True):
        if connection.vendor == "postgresql":
            connection.close()
            connection.close_pool()
            del connections[connection.alias]
    with contextlib.suppress(AttributeError):
        del connections["default"]


@pytest.fixture(scope="session")
def cluster_database(
    postgres_server: Running, migrated_database: str, mortal_replicas: list[MortalReplica]
) -> Iterator[str]:
    """The name of a migrated database that the replicas have, too."""
    with new_database(postgres_server.service, template=migrated_database) as name:
        for one in mortal_replicas:
            eventually(partial(connects, one.url(name)))
        yield name


@pytest.fixture
def cluster(
    postgres_server: Running, cluster_database: str, mortal_replicas: list[MortalReplica], django_db_blocker: Any
) -> Iterator[Cluster]:
    """A cluster that is mended, and its accounts deleted, after the test."""
    name = cluster_database
    primary_url = postgres_url(postgres_server.service, name)
    configs = {"default": database(primary_url)}
    configs |= {f"replica{number}": replica(one.url(name)) for number, one in enumerate(mortal_replicas, 1)}
    with as_databases(configs), django_db_blocker.unblock(), watching():
        found = Cluster(primary_url, mortal_replicas, name)
        yield found
        for one in mortal_replicas:
            one.mend()
        found.execute("TRUNCATE auth_group, auth_user, django_session CASCADE")
        # Or the next test may stop a replica that has replayed the lock and not the commit: reads would wait for it.
        found.wait_replayed()


@contextlib.contextmanager
def watching() -> Iterator[None]:
    """Have this process watch the replicas its aliases name, in a thread that has written nothing yet."""
    token = pins.enter(None)
    replica_aliases.cache_clear()
    monitor.stop()
    writes.watch_writes()
    messages.carry()
    try:
        yield
    finally:
        monitor.stop()
        pins.leave(token)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Have the process know no replicas after each test."""
    yield
    replica_aliases.cache_clear()
    monitor.stop()
