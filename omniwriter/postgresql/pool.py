"""psycopg's pool, made to find back to a server that was restarted.

As it comes it keeps checking one connection after another when all of them are dead, with a pause after each that grows
to seconds, so that a lone request fails for stale connections although the server is back; and it tries to connect with
pauses that double for five minutes, so that it may learn only minutes later that the server is back.
"""

from __future__ import annotations

import time
from typing import Any

import psycopg
from psycopg_pool import ConnectionPool

RECONNECT_S = 1.0  # how long one series of attempts to connect may take; another follows it
FAIL_FAST_S = 0.05


class Pool(ConnectionPool[psycopg.Connection[Any]]):
    """A pool for one database.

    Every connection is checked before it is given out; one that fails takes the others that wait along, as they most
    likely went with the same server. While the server is away, requests wait for it until it was away for ``timeout``
    seconds; those that come later fail at once with PoolTimeout, so that they don't pile up in front of it.
    """

    def __init__(self, *, kwargs: dict[str, Any], configure: Any, **options: Any) -> None:
        self._away_since_s: float | None = None
        self._configure_session = configure
        super().__init__(
            kwargs=kwargs,
            configure=self._connected,
            check=self._check_or_drain,
            reconnect_timeout=RECONNECT_S,
            reconnect_failed=self._still_away,
            open=False,
            **options,
        )

    def getconn(self, timeout: float | None = None) -> psycopg.Connection[Any]:
        """Take a connection out; raises PoolTimeout."""
        patience_s = self.timeout if timeout is None else timeout
        if (since_s := self._away_since_s) is not None:
            patience_s = max(FAIL_FAST_S, patience_s - (time.monotonic() - since_s))
        return super().getconn(patience_s)

    def _connected(self, connection: psycopg.Connection[Any]) -> None:
        self._away_since_s = None
        self._configure_session(connection)

    def _check_or_drain(self, connection: psycopg.Connection[Any]) -> None:
        try:
            self.check_connection(connection)
        except psycopg.Error:
            self.drain()
            raise

    def _still_away(self, pool: ConnectionPool[Any]) -> None:
        """Called when a series of attempts has failed: begin another, whether or not somebody waits."""
        if self._away_since_s is None:
            self._away_since_s = time.monotonic() - RECONNECT_S
        self.check()  # which lets the pool grow by one
