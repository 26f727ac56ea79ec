"""Amounts that need no histogram: how many, their sum and the largest, counted by one thread."""

from __future__ import annotations

from collections.abc import Iterable
from threading import get_ident
from typing import cast

from perfmon import guard
from perfmon.context import current
from perfmon.ingest import Shard, shards
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window


class TotalSlot:
    """What one thread counted of one amount this second, in the kind's unit."""

    __slots__ = ("count", "key", "kind", "max", "sum")

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        self.count = self.sum = self.max = 0

    def add(self, amount: int) -> None:
        """Count one amount."""
        self.count += 1
        self.sum += amount
        if amount > self.max:
            self.max = amount

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the window."""
        yield SeriesKey(self.kind, self.key), Window(self.count, 0, self.sum, self.max)


def total_slot(shard: Shard, kind: str, key: str) -> TotalSlot:
    """Return this second's slot of an amount, made when it is the first; the shard is being written."""
    slot = shard.slots.get((kind, key))
    if slot is None:
        slot = shard.slot(
            (kind, key), lambda: TotalSlot(kind, key), (kind, OVERFLOW_KEY), lambda: TotalSlot(kind, OVERFLOW_KEY)
        )
    return cast("TotalSlot", slot)


def record_total(kind: str, key: str, amount: int = 0) -> None:
    """Count one event of a project's own kind, with its amount; never raises."""
    trace = current.get()
    if trace is not None and trace.muted:
        return
    try:
        shard = shards[get_ident()]
        shard.writes += 1
        try:
            total_slot(shard, kind, key).add(amount)
        finally:
            shard.writes += 1
    except Exception as error:
        guard.count_failure(kind, error)
