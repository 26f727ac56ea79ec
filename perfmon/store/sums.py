"""Adding rows up: any number of packed windows by key, without building a window for each of them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, TypeVar

from perfmon.histogram import PackedSum
from perfmon.series import Window

Key = TypeVar("Key", bound=Hashable)


class RowSum:
    """The sum of rows of one series."""

    __slots__ = ("_count", "_errors", "_histogram", "_max", "_sum")

    def __init__(self) -> None:
        self._count = self._errors = self._sum = self._max = 0
        self._histogram = PackedSum()

    def add(self, row: Sequence[Any]) -> None:
        """Add a packed row (``Window.to_row``); raises ValueError when it is not one."""
        count, errors, total, largest, packed = row
        self._count += count
        self._errors += errors
        self._sum += total
        if largest > self._max:
            self._max = largest
        if packed:
            self._histogram.add(packed)

    def window(self) -> Window:
        """Return the sum so far."""
        return Window(self._count, self._errors, self._sum, self._max, self._histogram.histogram())


def sum_rows(rows: Iterable[tuple[Key, Sequence[Any]]]) -> dict[Key, Window]:
    """Return each key's window: the sum of its rows."""
    sums: dict[Key, RowSum] = {}
    for key, row in rows:
        held = sums.get(key)
        if held is None:
            held = sums[key] = RowSum()
        held.add(row)
    return {key: held.window() for key, held in sums.items()}
