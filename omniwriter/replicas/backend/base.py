"""The database wrapper of a replica: a read outside of a transaction that it fails is asked of another server."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import CursorDebugWrapper
from django.db.backends.utils import CursorWrapper
from django.db.utils import InterfaceError, OperationalError

from omniwriter.postgresql import base
from omniwriter.replicas import cutting, monitor, pins

# What another server may answer although this connection lives: a conflict with what the primary removed, a shutdown.
ELSEWHERE = frozenset({"40001", "40P01", "57P01", "57P02", "57P03"})


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to a replica. Explicit transactions on it are left alone."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Open a connection, or take one from the pool; a replica that is known to be away is not waited for."""
        if monitor.rotation.is_away(self.alias):
            reason = monitor.rotation.replicas[self.alias].reason
            raise psycopg.OperationalError(f"{self.alias} is away: {reason}")
        connection = super().get_new_connection(conn_params)
        cutting.watch(self.alias, connection)
        return connection

    def cursor(self) -> CursorWrapper:
        """Return a cursor: another server's when this one is not to be reached."""
        try:
            return super().cursor()
        except (OperationalError, InterfaceError) as error:
            if not self.may_move():
                raise
            self.give_up(error)
        cursor: CursorWrapper = self.elsewhere(again=False).cursor()
        return cursor

    def elsewhere(self, *, again: bool) -> Any:
        """Return the connection to ask instead: another live replica's, the primary's when it is asked ``again``."""
        alias = None if again else pins.choose(besides=self.alias)
        return connections[alias or DEFAULT_DB_ALIAS]

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """Wrap a cursor so that it may move."""
        return MovingCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        """Wrap a cursor so that it may move and its queries are kept."""
        return MovingDebugCursor(cursor, self)

    def may_move(self) -> bool:
        """Whether what is asked now may be asked of another server."""
        return not self.in_atomic_block and (self.connection is None or self.connection.autocommit)

    def give_up(self, error: BaseException) -> None:
        """Let go of the connection, and take the replica out when it is gone."""
        if self.connection is None or self.connection.closed:
            monitor.lost(self.alias, error)
        self.close()


class MovingCursor(CursorWrapper):
    """A cursor that, when its replica fails a query, goes on as one of another server.

    Rows lie in this process once the query was answered, so they are never cut off half-way.
    """

    has_moved = False

    def _execute_with_wrappers(self, sql: Any, params: Any, many: bool, executor: Any) -> Any:
        replica = self.db
        if not isinstance(replica, DatabaseWrapper):  # it has moved, and is asked again
            return super()._execute_with_wrappers(sql, params, many, executor)  # type: ignore[misc]
        monitor.rotation.count_read(replica.alias)
        try:
            return super()._execute_with_wrappers(sql, params, many, executor)  # type: ignore[misc]
        except (OperationalError, InterfaceError) as error:
            if not (replica.may_move() and _is_the_servers(error, replica)):
                raise
            replica.give_up(error)
        moved = replica.elsewhere(again=self.has_moved).cursor()
        self.db, self.cursor, self.has_moved = moved.db, moved.cursor, True
        return self._execute_with_wrappers(sql, params, many, executor)


class MovingDebugCursor(MovingCursor, CursorDebugWrapper):
    """The same, keeping its queries."""


def _is_the_servers(error: BaseException, replica: DatabaseWrapper) -> bool:
    if replica.connection is None or replica.connection.closed:
        return True
    return getattr(error.__cause__, "sqlstate", None) in ELSEWHERE
