"""What is counted for each (method, route, status class) in a second, and the names these are shown under."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from typing import cast

from perfmon.ingest import Shard
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.recorders.queries import CallSlot
from perfmon.series import MAX_KEY_CHARS, OVERFLOW_KEY, SeriesKey, Window

UNMATCHED = "(unmatched)"  # one series for every path no route serves: their number is the attacker's to choose
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})

RequestKey = tuple[str | None, str | None, int]  # method, route, status class

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")
_GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


class RequestSlot(Durations):
    """What one thread counted for one (method, route, status class) this second. Durations in nanoseconds."""

    __slots__ = (
        "aliases", "cache_max_ns", "cache_misses", "cache_ns", "cache_reads", "count", "db_errors", "db_max_ns",
        "db_ns", "db_queries", "label", "own_ns", "own_samples", "queries", "queue", "status_class",
    )  # fmt: skip

    def __init__(self, label: str, status_class: int) -> None:
        super().__init__()
        self.label = label
        self.status_class = status_class
        self.count = self.own_ns = self.own_samples = 0
        self.db_queries = self.db_errors = self.db_ns = self.db_max_ns = 0
        self.cache_reads = self.cache_misses = self.cache_ns = self.cache_max_ns = 0
        self.aliases: dict[str, CallSlot] = {}
        self.queries: list[list[tuple[str, int]]] = []  # of requests that are not in the counters yet
        self.queue: Window | None = None

    def add(self, duration_ns: int) -> None:
        """Count one request."""
        values = self.values
        values.append(duration_ns)
        if len(values) >= FOLD_AT:
            self.fold()

    def add_wait(self, waited_ns: int) -> None:
        """Count how long one request waited before Django saw it."""
        if self.queue is None:
            self.queue = Window()
        self.queue.add(waited_ns)

    def add_own_cost(self, cost_ns: int) -> None:
        """Count what recording one request took."""
        self.own_ns += cost_ns
        self.own_samples += 1

    def add_cache(self, reads: int, misses: int, total_ns: int) -> None:
        """Count the cache reads of one request."""
        self.cache_reads += reads
        self.cache_misses += misses
        self.cache_ns += total_ns
        self.cache_max_ns = max(self.cache_max_ns, total_ns)

    def add_queries(self, count: int, errors: int, total_ns: int) -> None:
        """Count the queries of one request."""
        self.db_queries += count
        self.db_errors += errors
        self.db_ns += total_ns
        self.db_max_ns = max(self.db_max_ns, total_ns)

    def fold(self) -> None:
        """Count the requests kept so far, and their queries by alias."""
        self.count += len(self.values)
        super().fold()
        by_alias: defaultdict[str, list[int]] = defaultdict(list)
        for queries in self.queries:
            total_ns = 0
            for alias, duration_ns in queries:
                total_ns += duration_ns
                by_alias[alias].append(duration_ns)
            self.add_queries(len(queries), 0, total_ns)
        self.queries.clear()
        for alias, durations_ns in by_alias.items():
            slot = self.aliases.setdefault(alias, CallSlot("query", alias))
            slot.values += durations_ns
            slot.count += len(durations_ns)
            slot.fold()

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return this slot's share of the request, response, database, cache, queue and own-cost series."""
        label = self.label
        self.fold()
        yield SeriesKey("request", label), self.window(self.count, self.count if self.status_class == 5 else 0)
        yield SeriesKey("response", f"{label} {self.status_class}xx"), Window(self.count)
        if self.own_samples:
            yield SeriesKey("self", "record"), Window(self.own_samples, 0, self.own_ns, 0)
        if self.db_queries:
            yield SeriesKey("request_db", label), Window(self.db_queries, self.db_errors, self.db_ns, self.db_max_ns)
        if self.cache_reads:
            reads, misses = self.cache_reads, self.cache_misses
            yield SeriesKey("request_cache", label), Window(reads, misses, self.cache_ns, self.cache_max_ns)
        if self.queue is not None:
            yield SeriesKey("queue", "http"), self.queue
        for slot in self.aliases.values():
            yield from slot.series()


def request_slot(shard: Shard, key: RequestKey) -> RequestSlot:
    """Return this second's slot of a key, made when it is the first request of it."""
    return cast("RequestSlot", shard.slots.get(key)) or _new_slot(shard, key)


def _new_slot(shard: Shard, key: RequestKey) -> RequestSlot:
    """Make a slot, which on a quiet site is every other request: its names are kept."""
    label, other, status_class = _names(key)
    return shard.slot(
        key,
        lambda: RequestSlot(label, status_class),
        (other, status_class),
        lambda: RequestSlot(other, status_class),
    )


@lru_cache(maxsize=2048)
def _names(key: RequestKey) -> tuple[str, str, int]:
    """Return a key's label, the label it shares past the limit, and its status class."""
    method, route, status_class = key
    method = method if method in METHODS else "OTHER"
    status_class = status_class if 1 <= status_class <= 5 else 5
    return f"{method} {route_label(route)}", f"{method} {OVERFLOW_KEY}", status_class


def route_label(route: str | None) -> str:
    """Return a URL pattern as people write it: ``articles/<slug:slug>/`` becomes ``/articles/<slug>/``."""
    if route is None:
        return UNMATCHED
    label = _CONVERTER.sub(r"<\1>", _GROUP.sub(r"<\1>", route))
    label = re.sub(r"[\^$]|\\[AZz]|\\(?=[./-])", "", label)
    return f"/{label.lstrip('/')}"[:MAX_KEY_CHARS]
