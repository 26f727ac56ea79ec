"""Cache reads of every alias: hits, misses and time, through the backend itself, without a change in the app.

Django makes a backend per alias and thread in ``caches``. The recorder takes that one door and gives each new backend a
class derived from its own whose read methods are timed; ``uninstall`` gives the door back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from time import perf_counter_ns
from typing import Any, cast

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from perfmon.context import current
from perfmon.recorders.queries import record_call

_MISS = object()


def _count(backend: Any, started_ns: int, reads: int, misses: int) -> None:
    duration_ns = perf_counter_ns() - started_ns
    trace = current.get()
    if trace is not None:
        if trace.muted:
            return
        trace.cache_reads += reads
        trace.cache_misses += misses
        trace.cache_ns += duration_ns
    record_call("cache", backend.perfmon_alias, duration_ns, reads, misses)


class RecordedReads:
    """The read methods that every other read of a Django cache goes through."""

    perfmon_alias = ""

    def get(self, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Time one read; a stored None is a hit."""
        started_ns = perf_counter_ns()
        value = super().get(key, _MISS, *args, **kwargs)  # type: ignore[misc]
        _count(self, started_ns, 1, int(value is _MISS))
        return default if value is _MISS else value

    def get_many(self, keys: Iterable[Any], *args: Any, **kwargs: Any) -> dict[Any, Any]:
        """Time one read of many keys, each counted."""
        wanted = list(keys)
        started_ns = perf_counter_ns()
        found: dict[Any, Any] = super().get_many(wanted, *args, **kwargs)  # type: ignore[misc]
        _count(self, started_ns, len(wanted), len(wanted) - len(found))
        return found


class RecordedEachRead(RecordedReads):
    """For backends whose ``get_many`` is Django's loop over ``get``: the loop's reads are counted once."""

    get_many = BaseCache.get_many


@lru_cache(maxsize=32)
def recorded_class(backend: Any) -> type[BaseCache]:
    """Return the backend's class with its reads recorded."""
    base = RecordedEachRead if backend.get_many is BaseCache.get_many else RecordedReads
    return cast("type[BaseCache]", type(backend.__name__, (base, backend), {"__module__": backend.__module__}))


class CacheRecorder:
    """Gives each cache backend made from now on a class that records its reads."""

    def install(self) -> None:
        """Take the place of ``caches.create_connection`` on this one handler."""
        make: Callable[[str], BaseCache] = caches.create_connection

        def create_connection(alias: str) -> BaseCache:
            backend = make(alias)
            backend.__class__ = recorded_class(cast("Any", type(backend)))
            cast("Any", backend).perfmon_alias = alias
            return backend

        vars(caches)["create_connection"] = create_connection

    def uninstall(self) -> None:
        """Give the handler its own method back; backends already made keep recording until they are closed."""
        vars(caches).pop("create_connection", None)
