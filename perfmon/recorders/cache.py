"""Caches of every alias: hits, misses, time and errors by group of keys, through the backend itself.

Django makes a backend per alias and thread in ``caches``. The recorder takes that one door and gives each new backend a
class derived from its own whose methods are timed; ``uninstall`` gives the door back. ``aget`` and the like are counted
too: Django's call the methods without the ``a``. A cache that reads another way counts itself with ``record_read`` and
``record_error``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache, wraps
from threading import get_ident
from time import perf_counter_ns
from typing import Any, cast

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache

from perfmon import guard
from perfmon.context import RequestTrace, current
from perfmon.ingest import Shard, shards
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.recorders.keygroups import admitted, forget_groups, group_of
from perfmon.recorders.queries import LATE, record_call
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window

#: A request that made so many is no longer one of those whose reads wait for the flush, which bounds the memory.
MANY_READS = 128
#: Alias, group, ns, keys and misses of one read; and keys, misses and ns of many.
Read = tuple[str, str, int, int, int]
Counted = tuple[int, int, int]
WRITES = ("add", "set", "set_many", "incr", "decr", "touch", "delete", "delete_many")
_MISS = object()


class ReadSlot(Durations):
    """What one thread read of one group of keys this second; its alias is counted with it, off the hot path."""

    __slots__ = ("alias", "group", "misses", "reads")

    def __init__(self, alias: str, group: str) -> None:
        super().__init__()
        self.alias, self.group = alias, group
        self.reads = self.misses = 0

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the window twice: as the group's, and as a part of its alias'."""
        window = self.window(self.reads, self.misses)
        yield SeriesKey("cache", self.alias), window.copy()
        yield SeriesKey("cache_group", f"{self.alias}/{self.group}"), window


class ErrorSlot:
    """How many calls of one alias failed in one thread this second."""

    __slots__ = ("alias", "count")

    def __init__(self, alias: str) -> None:
        self.alias, self.count = alias, 0

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the count."""
        yield SeriesKey("cache_error", self.alias), Window(self.count)


def record_read(alias: str, group: str, duration_ns: int, *, hits: int, misses: int) -> None:
    """Count one read of ``hits + misses`` keys of a group, also in the request it is part of; never raises.

    In a view the processor's caches are cold for our code, so the read is left with its request for the flush to count.
    """
    trace, read = current.get(), (alias, group, duration_ns, hits + misses, misses)
    if trace is None or trace.queries is LATE:
        _count_now([read])
        return
    if trace.muted:
        return
    trace.noted = True
    reads = trace.reads
    if reads is None:
        reads = vars(trace).setdefault("reads", [])  # one list, also where two threads are the first
    reads.append(read)
    if len(reads) >= MANY_READS:
        count_reads_early(trace)


def count_reads_early(trace: RequestTrace) -> None:
    """Count the reads of a request so far, before it ends; never raises."""
    reads, trace.reads = trace.reads or [], []
    keys, misses, total_ns = _count_now(reads)
    trace.cache_reads += keys
    trace.cache_misses += misses
    trace.cache_ns += total_ns


def count_reads(shard: Shard, reads: Iterable[Read]) -> Counted:
    """Count reads in their groups' slots of a shard that is being written; returns their keys, misses and ns."""
    all_keys = all_misses = total_ns = 0
    for alias, group, duration_ns, keys, misses in reads:
        slot = cast("ReadSlot | None", shard.slots.get(("cache", alias, group))) or _read_slot(shard, alias, group)
        slot.reads += keys
        slot.misses += misses
        slot.values.append(duration_ns)
        if len(slot.values) >= FOLD_AT:
            slot.fold()
        all_keys, all_misses, total_ns = all_keys + keys, all_misses + misses, total_ns + duration_ns
    return all_keys, all_misses, total_ns


def _count_now(reads: Iterable[Read]) -> Counted:
    """Count reads in this thread's shard; failures of ours are counted, never raised."""
    try:
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            return count_reads(shard, reads)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("cache", error)
        return 0, 0, 0


def record_error(alias: str) -> None:
    """Count one call of a cache that failed, whether the app was told or not; never raises."""
    if _is_muted():
        return
    try:
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            slot = shard.slots.get(("cache_error", alias)) or shard.slot(
                ("cache_error", alias),
                lambda: ErrorSlot(alias),
                ("cache_error", OVERFLOW_KEY),
                lambda: ErrorSlot(OVERFLOW_KEY),
            )
            cast("ErrorSlot", slot).count += 1
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure("cache_error", error)


def _read_slot(shard: Shard, alias: str, group: str) -> ReadSlot:
    group = admitted(alias, group)
    other = ("cache", alias, OVERFLOW_KEY)
    slot = shard.slots.get(("cache", alias, group)) or shard.slot(
        ("cache", alias, group), lambda: ReadSlot(alias, group), other, lambda: ReadSlot(alias, OVERFLOW_KEY)
    )
    return cast("ReadSlot", slot)


def _is_muted() -> bool:
    trace = current.get()
    return trace is not None and trace.muted


def _failed(alias: str, error: Exception) -> int:
    """Count what a backend raised, 1 or 0: a ValueError only says that a key is not there, or is none."""
    if isinstance(error, ValueError):
        return 0
    record_error(alias)
    return 1


class Recorded:
    """What a recorded backend is known by; ``perfmon_writing`` while one of its writes is made of others."""

    perfmon_alias = ""
    perfmon_writing = False


class HiddenErrors:
    """For django-redis, which returns None or an empty answer for a call that failed when it is told to.

    Each of its methods asks ``_ignore_exceptions`` after the call was interrupted and at no other time, so the answer
    is where the error can be counted: all methods are covered and those that work pay nothing. Its log is no such
    place, because it is off unless a setting of its own is on.
    """

    perfmon_alias: str

    @property
    def _ignore_exceptions(self) -> bool:
        hidden: bool = vars(self)["_ignore_exceptions"]
        if hidden:
            record_error(self.perfmon_alias)
        return hidden

    @_ignore_exceptions.setter
    def _ignore_exceptions(self, hidden: bool) -> None:
        vars(self)["_ignore_exceptions"] = hidden


@lru_cache(maxsize=32)
def recorded_class(backend: Any, hides_errors: bool = False) -> type[BaseCache]:
    """Return the backend's class with its reads and writes recorded, and with errors it hides from the app."""
    methods: dict[str, Any] = {"get": _recorded_get(backend.get)}
    # Django's own default of a method is a loop over others, or a call of one, and those are counted.
    if backend.get_many is not BaseCache.get_many:
        methods["get_many"] = _recorded_get_many(backend.get_many)
    for name in WRITES:
        if getattr(backend, name) is not getattr(BaseCache, name):
            methods[name] = _recorded_write(getattr(backend, name))
    bases = (backend, Recorded, HiddenErrors) if hides_errors else (backend, Recorded)
    return cast("type[BaseCache]", type(backend.__name__, bases, {"__module__": backend.__module__, **methods}))


# Closures over the backend's methods: ``super()`` would cost a read a quarter of a microsecond more.


def _recorded_get(method: Callable[..., Any]) -> Callable[..., Any]:
    """Time one read; a stored None is a hit."""

    @wraps(method)
    def get(self: Any, key: Any, default: Any = None, *args: Any, **kwargs: Any) -> Any:
        started_ns = perf_counter_ns()
        try:
            value = method(self, key, _MISS, *args, **kwargs)
        except Exception as error:
            _failed(self.perfmon_alias, error)
            raise
        duration_ns = perf_counter_ns() - started_ns
        if value is _MISS:
            record_read(self.perfmon_alias, group_of(key), duration_ns, hits=0, misses=1)
            return default
        record_read(self.perfmon_alias, group_of(key), duration_ns, hits=1, misses=0)
        return value

    return get


def _recorded_get_many(method: Callable[..., Any]) -> Callable[..., Any]:
    """Time one read of many keys, each counted; groups share its time by their numbers of keys."""

    @wraps(method)
    def get_many(self: Any, keys: Iterable[Any], *args: Any, **kwargs: Any) -> dict[Any, Any]:
        wanted = list(keys)
        started_ns = perf_counter_ns()
        try:
            found: dict[Any, Any] = method(self, wanted, *args, **kwargs)
        except Exception as error:
            _failed(self.perfmon_alias, error)
            raise
        duration_ns = perf_counter_ns() - started_ns
        reads: dict[str, int] = {}
        hits: dict[str, int] = {}
        for key in wanted:
            group = group_of(key)
            reads[group] = reads.get(group, 0) + 1
            hits[group] = hits.get(group, 0) + (key in found)
        for group, count in reads.items():
            part_ns = duration_ns * count // len(wanted)
            record_read(self.perfmon_alias, group, part_ns, hits=hits[group], misses=count - hits[group])
        return found

    return get_many


def _recorded_write(method: Callable[..., Any]) -> Callable[..., Any]:
    """Time one write; those that it is made of are a part of it (a file cache's ``add`` calls ``set``)."""

    @wraps(method)
    def write(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.perfmon_writing:
            return method(self, *args, **kwargs)
        started_ns = perf_counter_ns()
        failed = 0
        self.perfmon_writing = True
        try:
            return method(self, *args, **kwargs)
        except Exception as error:
            failed = _failed(self.perfmon_alias, error)
            raise
        finally:
            self.perfmon_writing = False
            if not _is_muted():
                record_call("cache_write", self.perfmon_alias, perf_counter_ns() - started_ns, 1, failed)

    return write


def _record(alias: str, backend: BaseCache) -> BaseCache:
    """Give a backend its recorded class; one that can't have another class stays as it is, and that is counted."""
    try:
        recorded = recorded_class(cast("Any", type(backend)), "_ignore_exceptions" in vars(backend))
        backend.__class__ = recorded
        cast("Any", backend).perfmon_alias = alias
    except Exception as error:
        guard.count_failure(f"cache {alias}", error)
    return backend


class CacheRecorder:
    """Gives each cache backend made from now on a class that records it."""

    def install(self) -> None:
        """Take the place of ``caches.create_connection`` on this one handler; this thread's backends are made anew."""
        make: Callable[[str], BaseCache] = caches.create_connection
        vars(caches)["create_connection"] = lambda alias: _record(alias, make(alias))
        for alias in caches:
            with suppress(AttributeError):  # none was made
                del caches[alias]

    def uninstall(self) -> None:
        """Give the handler its own method back, and this thread's backends their class.

        Those of other threads keep recording until they are closed.
        """
        vars(caches).pop("create_connection", None)
        for backend in caches.all(initialized_only=True):
            if isinstance(backend, Recorded):
                backend.__class__ = type(backend).__bases__[0]
        forget_groups()
