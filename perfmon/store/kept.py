"""What readers keep of settled blocks from one second to the next: sums over spans, and the steps of charts.

Everything is bounded in number and in age: what is kept expires as ``BlockReader``'s blocks do, each layer by itself.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from operator import is_
from typing import Generic, TypeVar

from perfmon.series import Window
from perfmon.store.fine import CACHE_AGE_S, is_fresh

KEPT_STEPS = 400  # of a series; a chart read from the fine store has at most 180


Sum = TypeVar("Sum")


class KeptSums(Generic[Sum]):
    """Sums over settled spans, kept for as long as blocks are (``BlockReader``); the newest ``limit`` of them."""

    def __init__(self, add_up: Callable[[str, int, int, float], Sum], limit: int) -> None:
        self._add_up = add_up
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], tuple[float, Sum]] = OrderedDict()

    def __call__(self, kind: str, start: int, end: int, now: float) -> Sum:
        """Return the sums by key over ``[start, end)``; they are shared, never change them."""
        span, clock = (kind, start, end), time.monotonic()
        with self._lock:
            kept = self._kept.get(span)
        if kept is not None and is_fresh(kept[0], start, clock):
            return kept[1]
        found = self._add_up(kind, start, end, now)
        with self._lock:
            self._kept[span] = (clock, found)
            self._kept.move_to_end(span)
            while len(self._kept) > self._limit or clock - next(iter(self._kept.values()))[0] > CACHE_AGE_S:
                self._kept.popitem(last=False)  # the oldest: one past its age is never read again
        return found

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


class BegunTotals:
    """Totals up to the newest block, good for as long as the blocks after the settled ones are the same objects.

    ``BlockReader`` gives the same rows for a block that did not change. The newest ``limit`` are kept, by span.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int, int], tuple[Sequence[object], dict[str, Window]]] = OrderedDict()

    def get(self, span: tuple[str, int, int], blocks: Sequence[object]) -> dict[str, Window] | None:
        """Return the totals of a span, None when a block has changed or none are kept; never change them."""
        with self._lock:
            seen, windows = self._kept.get(span, ((), None))
        same = len(seen) == len(blocks) and all(map(is_, seen, blocks))
        return windows if same else None

    def keep(self, span: tuple[str, int, int], blocks: Sequence[object], windows: dict[str, Window]) -> None:
        """Keep a span's totals."""
        with self._lock:
            self._kept[span] = (blocks, windows)
            self._kept.move_to_end(span)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()


class KeptSteps:
    """Windows of settled steps of charts by series: the newest ``limit`` series, without the steps they slid past."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str, int], dict[int, tuple[float, Window | None]]] = OrderedDict()

    def get(self, series: tuple[str, str, int], grid: range) -> dict[int, Window | None]:
        """Return the steps of the grid that are kept and fresh."""
        clock = time.monotonic()
        with self._lock:
            held = self._kept.get(series, {})
            return {at: held[at][1] for at in grid if at in held and is_fresh(held[at][0], at, clock)}

    def keep(self, series: tuple[str, str, int], steps: dict[int, Window | None]) -> None:
        """Keep more steps, forgetting those of long ago."""
        if not steps:
            return
        clock, newest = time.monotonic(), max(steps)
        with self._lock:
            held = self._kept.pop(series, {})
            held.update({at: (clock, window) for at, window in steps.items()})
            self._kept[series] = {at: kept for at, kept in held.items() if at > newest - KEPT_STEPS * series[2]}
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
