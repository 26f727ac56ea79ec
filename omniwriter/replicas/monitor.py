"""The threads of each process that look at the primary and its replicas, so that no request ever has to.

One thread a server, because one that hangs must not keep the others from being looked at. They start with the first
read and end with the process; a forked child starts its own.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from omniwriter.replicas import cutting
from omniwriter.replicas.history import History
from omniwriter.replicas.lsn import parse_lsn
from omniwriter.replicas.rotation import Rotation
from omniwriter.replicas.servers import replica_aliases

logger = logging.getLogger(__name__)

LOOK_S = 0.25
CONNECT_S = 2
# Of a connection that nobody else uses. A server that was frozen answers no timeout of its own: see ``cutting``.
OPTIONS = "-c statement_timeout=1000 -c default_transaction_read_only=on"
KEEPALIVE = {"keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 2, "tcp_user_timeout": 3000}

_IDENTITY = "SELECT system_identifier::text FROM pg_control_system()"
_PRIMARY = (
    "SELECT pg_is_in_recovery(), CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_insert_lsn()::text END,"
    " CASE WHEN NOT pg_is_in_recovery() THEN pg_current_wal_flush_lsn()::text END"
)
_REPLICA = "SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text"


class WrongServerError(Exception):
    """A server is not what the settings say it is; the message says what it is."""


def _new_rotation() -> Rotation:
    return Rotation(replica_aliases(), max_lag_ms=settings.REPLICA_MAX_LAG_MS)


history = History()
rotation = _new_rotation()
_watchers: list[Watcher] = []
_lock = threading.Lock()
_identity = ""
_primary_is_away = False


class Watcher(threading.Thread):
    """Looks at one server every ``LOOK_S``."""

    def __init__(self, alias: str, look: Callable[[str, psycopg.Connection[Any]], None]) -> None:
        super().__init__(name=f"watch-{alias}", daemon=True)
        self._alias, self._look = alias, look
        self._connection: psycopg.Connection[Any] | None = None
        self._ended, self._hurry = threading.Event(), threading.Event()

    def run(self) -> None:
        """Look until told to stop; whatever fails is a finding about the server."""
        while not self._ended.is_set():
            try:
                if self._connection is None:
                    self._connection = _connect(self._alias)
                self._look(self._alias, self._connection)
            except Exception as error:
                self._disconnect()
                _note_failure(self._alias, error)
            for alias in rotation.silent():
                logger.warning("%s does not answer; reads go elsewhere.", alias)
                cutting.cut(alias)
            self._hurry.wait(LOOK_S)
            self._hurry.clear()
        self._disconnect()

    def hurry(self) -> None:
        """Look now."""
        self._hurry.set()

    def stop(self) -> None:
        """End, and wait for it a moment."""
        self._ended.set()
        self._hurry.set()
        self.join(2 * CONNECT_S)

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def is_watching() -> bool:
    """Whether this process looks at the servers."""
    return bool(_watchers)


def ensure_started() -> None:
    """Start looking, unless this process does already."""
    if _watchers:
        return
    with _lock:
        if not _watchers:
            started = [Watcher(DEFAULT_DB_ALIAS, _look_at_primary)]
            started += [Watcher(alias, _look_at_replica) for alias in replica_aliases()]
            for watcher in started:
                watcher.start()
            _watchers.extend(started)


def stop() -> None:
    """Stop looking and forget what was seen."""
    with _lock:
        for watcher in _watchers:
            watcher.stop()
        _forget()


def lost(alias: str, error: BaseException) -> None:
    """Take a replica out because a read on it has just failed."""
    _note_failure(alias, error)
    for watcher in _watchers:
        watcher.hurry()


def _forget() -> None:
    global history, rotation, _identity, _primary_is_away
    history, rotation, _identity, _primary_is_away = History(), _new_rotation(), "", False
    _watchers.clear()


def _after_fork() -> None:
    """The threads stayed behind, and so did whoever held a lock."""
    global _lock
    _lock = threading.Lock()
    _forget()


os.register_at_fork(after_in_child=_after_fork)


def _connect(alias: str) -> psycopg.Connection[Any]:
    server = connections.create_connection(alias)
    if server.vendor != "postgresql":
        raise WrongServerError("not a PostgreSQL server")
    params = server.get_connection_params()
    params |= {
        **KEEPALIVE,
        "connect_timeout": CONNECT_S,
        "application_name": "omniwriter replica watch",
        "options": f"{params.get('options', '')} {OPTIONS}".strip(),
    }
    connection: psycopg.Connection[Any] = psycopg.connect(**params, autocommit=True)
    cutting.watch(alias, connection)
    try:
        _identify(alias, _row(connection, _IDENTITY)[0])
    except psycopg.errors.InsufficientPrivilege:
        pass  # then nobody can tell a replica of another primary
    except BaseException:
        connection.close()
        raise
    return connection


def _identify(alias: str, identity: str) -> None:
    global _identity
    if alias == DEFAULT_DB_ALIAS:
        _identity = identity
    elif _identity and identity != _identity:
        raise WrongServerError("a replica of another primary")


def _look_at_primary(alias: str, connection: psycopg.Connection[Any]) -> None:
    global _primary_is_away
    asked_at = time.monotonic()
    in_recovery, inserted, flushed = _row(connection, _PRIMARY)
    if in_recovery:
        raise WrongServerError("a replica, not a primary")
    history.add(parse_lsn(inserted), parse_lsn(flushed), asked_at, time.monotonic())
    _primary_is_away = False


def _look_at_replica(alias: str, connection: psycopg.Connection[Any]) -> None:
    in_recovery, place = _row(connection, _REPLICA)
    if not in_recovery or place is None:
        raise WrongServerError("not a replica: it takes writes of its own")
    if history.newest == 0 and not _primary_is_away:
        return  # nothing to compare with yet; without a primary there is nothing it could lag behind
    replayed = parse_lsn(place)
    rotation.report(alias, replayed=replayed, lag_ms=history.lag_ms(replayed, time.monotonic()))


def _row(connection: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query).fetchone()
    assert row is not None
    return row


def _note_failure(alias: str, error: BaseException) -> None:
    global _primary_is_away
    if alias == DEFAULT_DB_ALIAS:
        _primary_is_away = True  # nothing is done about it: requests that need it will say so
        return
    first = not rotation.is_away(alias)
    rotation.failed(alias, _in_short(error))
    if first:
        logger.warning("%s is out of the rotation: %s", alias, rotation.replicas[alias].reason)


def _in_short(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
