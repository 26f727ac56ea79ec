"""Durations counted by one thread: kept as they come and sorted into buckets many at a time.

Between two calls from a view the processor's caches are cold for our code: putting one duration into a histogram there
costs 2 us, in a loop over a thousand 0.2 us. So the hot path appends, and ``fold`` does the rest at the flush, or
every ``FOLD_AT`` values, which bounds the memory.
"""

from __future__ import annotations

from perfmon.histogram import MAX_VALUE, SUB_BITS, Histogram
from perfmon.series import Window

FOLD_AT = 1024


class Durations:
    """Sum, maximum and histogram of durations in nanoseconds; slots of recorders derive from it."""

    __slots__ = ("counts", "max_ns", "sum_ns", "values")

    def __init__(self) -> None:
        self.values: list[int] = []
        self.counts: dict[int, int] = {}
        self.sum_ns = self.max_ns = 0

    def fold(self) -> None:
        """Bring the values kept so far into sum, maximum and buckets (as ``perfmon.histogram.bucket_index`` does)."""
        values, counts = self.values, self.counts
        if not values:
            return
        self.sum_ns += sum(values)
        self.max_ns = max(self.max_ns, *values)
        for value in values:
            if value > MAX_VALUE:
                value = MAX_VALUE  # noqa: PLW2901
            shift = value.bit_length() - (SUB_BITS + 1)
            index = value if shift <= 0 else (shift << SUB_BITS) + (value >> shift)
            counts[index] = counts.get(index, 0) + 1
        values.clear()

    def window(self, count: int, errors: int) -> Window:
        """Return everything counted as a window; the slot is not written to any more."""
        self.fold()
        return Window(count, errors, self.sum_ns, self.max_ns, Histogram(self.counts))
