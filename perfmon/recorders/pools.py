"""Database pools: how long a process waited for a connection of each alias, and how full its pool is.

For Django's own pool of PostgreSQL connections (``OPTIONS["pool"]``); without one nothing is imported and nothing is
hooked. Django keeps its pools by alias in one dict and puts a new one in whenever it has closed the old; the recorder
takes the place of that dict and gives each pool a class derived from its own whose ``getconn`` is timed.

Gauges are numbers of connections of one process, read at every flush; ``in_use`` counts those being opened too, and
``waiting`` the requests that wait for one, those that gave up among them until a connection comes back.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from time import perf_counter_ns
from typing import Any, cast

from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from perfmon import guard
from perfmon.context import current
from perfmon.recorders.queries import record_call
from perfmon.series import SeriesKey, Window


class RecordedPool:
    """What a recorded pool is known by."""

    perfmon_alias = ""


@lru_cache(maxsize=8)
def recorded_pool(pool: Any) -> type[Any]:
    """Return the pool's class with the time ``getconn`` takes recorded; one that raises is an error."""
    take = pool.getconn

    def getconn(self: Any, timeout: float | None = None) -> Any:
        """Take a connection, opened or checked before it is given out."""
        started_ns = perf_counter_ns()
        failed = 1
        try:
            connection = take(self, timeout)
            failed = 0
        finally:
            trace = current.get()
            if trace is None or not trace.muted:
                record_call("pool", self.perfmon_alias, perf_counter_ns() - started_ns, 1, failed)
        return connection

    # The pool's class comes first: with the other order CPython finds the layouts too different to change the class.
    return type(pool.__name__, (pool, RecordedPool), {"__module__": pool.__module__, "getconn": getconn})


class RecordedPools(dict[str, Any]):
    """Pools by alias, recorded from the moment Django puts them in."""

    def setdefault(self, alias: str, pool: Any = None) -> Any:
        """Put a pool in unless there is one."""
        return super().setdefault(alias, _record(alias, pool))


class PoolRecorder:
    """Records the pools of every alias that has one."""

    def __init__(self) -> None:
        self._owner: Any = None  # Django's DatabaseWrapper, which holds the pools of all aliases

    def install(self) -> None:
        """Take the place of the dict of pools, if any database has one."""
        if any(config.get("OPTIONS", {}).get("pool") for config in connections.settings.values()):
            with suppress(ImportError, ImproperlyConfigured):  # no psycopg: Django says so itself
                from django.db.backends.postgresql.base import DatabaseWrapper

                self._owner = DatabaseWrapper
                self._put(RecordedPools({alias: _record(alias, pool) for alias, pool in self._pools().items()}))

    def uninstall(self) -> None:
        """Give Django a plain dict back, and the pools their class."""
        if self._owner is not None:
            self._put({alias: _restored(pool) for alias, pool in self._pools().items()})
            self._owner = None

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return how full each open pool of this process is."""
        for alias, pool in self._pools().items():
            if not pool.closed:
                stats = pool.get_stats()
                size, available = stats["pool_size"], stats["pool_available"]
                gauges = {"size": size, "in_use": max(0, size - available), "limit": stats["pool_max"]}
                for name, value in {**gauges, "waiting": stats["requests_waiting"]}.items():
                    yield SeriesKey("pool_gauge", f"{alias}/{name}"), Window(1, 0, value, value)

    def _pools(self) -> dict[str, Any]:
        return dict(getattr(self._owner, "_connection_pools", {}))  # there is no other door to them

    def _put(self, pools: dict[str, Any]) -> None:
        self._owner._connection_pools = pools  # noqa: SLF001


def _record(alias: str, pool: Any) -> Any:
    """Give a pool its recorded class; one that can't have another class stays as it is, and that is counted."""
    try:
        if not isinstance(pool, RecordedPool):
            pool.__class__ = recorded_pool(cast("Any", type(pool)))
        pool.perfmon_alias = alias
    except Exception as error:
        guard.count_failure(f"pool {alias}", error)
    return pool


def _restored(pool: Any) -> Any:
    if isinstance(pool, RecordedPool):
        pool.__class__ = type(pool).__bases__[0]
    return pool
