"""The only reader of what was measured: any range, in a number of rows and blocks that traffic does not change.

Ranges up to an hour are read from the fine store. Longer ones are read from rollups up to the newest minute written
(the *mark*) and from the fine store after it, so every range reaches up to now and nothing is counted twice. When the
fine store can't be read, long ranges end at the mark.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from perfmon import guard
from perfmon.exceptions import StoreUnavailable
from perfmon.models import HourRollup, MinuteRollup, Rollup
from perfmon.series import Window
from perfmon.store.fine import block_reader
from perfmon.store.ranges import HOUR, MINUTE, SECOND, TEN, Range
from perfmon.store.rollups import FIGURES, last_minute

TAIL_LIMIT_S = 1800  # how far behind the mark may be and still be made up from blocks: 180 of them


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a chart: ``start`` in Unix s, and its window, or None where nothing was recorded."""

    start: int
    window: Window | None


def timeline(range_: Range, kind: str, keys: Sequence[str], now: float) -> dict[str, list[Point]]:
    """Return ``range_.points`` points per key on the step's grid. Raises StoreUnavailable for ranges up to an hour."""
    start, end = range_.span(now)
    steps: dict[str, dict[int, Window]] = {key: {} for key in keys}
    for at, key, row in _rows(range_, kind, keys, start, end, now):
        by_step = steps[key]
        step = at // range_.step_s * range_.step_s
        if step not in by_step:
            by_step[step] = Window()
        by_step[step].merge_row(row)
    grid = range(start, end, range_.step_s)
    return {key: [Point(at, by_step.get(at)) for at in grid] for key, by_step in steps.items()}


def totals(range_: Range, kind: str, now: float, *, previous: bool = False) -> dict[str, Window]:
    """Return each key's window over the range, or over the one before it. Raises StoreUnavailable up to an hour."""
    start, end = range_.previous(now) if previous else range_.span(now)
    found = _fine_total(kind, start, end, now) if range_.bucket_s <= TEN else _sql_total(kind, start, end, now)
    windows: dict[str, Window] = {}
    for key, row in found:
        held = windows.get(key)
        if held is None:
            held = windows[key] = Window()
        held.merge_row(row)
    return windows


def latest(kind: str, now: float, *, seconds: int = 15) -> dict[str, Window]:
    """Return each key's window over the last ``seconds``. Raises StoreUnavailable."""
    end = int(now) + 1
    windows: dict[str, Window] = {}
    for key, row in _fine_total(kind, end - seconds, end, now):
        windows.setdefault(key, Window()).merge_row(row)
    return windows


def window_between(kind: str, key: str, start: int, end: int) -> Window:
    """Return one series' window over ``[start, end)``, at most the 15 minutes seconds are kept. Raises StoreUnavailable."""
    window = Window()
    for _, row in _fine_total(kind, start, end, end, keys=(key,)):
        window.merge_row(row)
    return window


def _rows(
    range_: Range, kind: str, keys: Sequence[str], start: int, end: int, now: float
) -> Iterator[tuple[int, str, Sequence[object]]]:
    """Give ``(bucket start, key, row)`` of everything recorded for the keys in ``[start, end)``."""
    if range_.bucket_s <= TEN:
        yield from _blocks(range_.bucket_s, kind, keys, range(start, end, range_.bucket_s), now)
        return
    model = MinuteRollup if range_.bucket_s == MINUTE else HourRollup
    stored = model.objects.filter(series__kind=kind, series__key__in=keys, start__gte=start, start__lt=end)
    for at, key, *row in stored.values_list("start", "series__key", *FIGURES):
        yield at, key, row
    yield from _tail(kind, keys, start, end, now)


def _tail(
    kind: str, keys: Sequence[str] | None, start: int, end: int, now: float
) -> Iterator[tuple[int, str, Sequence[object]]]:
    """Give what came after the mark, from the fine store."""
    mark = last_minute()
    since = max(start, mark + MINUTE if mark is not None else start, int(now) // TEN * TEN - TAIL_LIMIT_S)
    try:
        yield from _blocks(TEN, kind, keys, range(since, min(end, int(now) + TEN), TEN), now)
    except StoreUnavailable as error:
        guard.count_failure("tail", error)


def _blocks(
    step_s: int, kind: str, keys: Sequence[str] | None, starts: Sequence[int], now: float
) -> Iterator[tuple[int, str, Sequence[object]]]:
    for at, rows in zip(starts, block_reader().read(step_s, starts, now), strict=True):
        by_key = rows.get(kind) if rows else None
        if by_key:
            for key in by_key if keys is None else keys:
                row = by_key.get(key)
                if row is not None:
                    yield at, key, row


def _fine_total(
    kind: str, start: int, end: int, now: float, keys: Sequence[str] | None = None
) -> Iterator[tuple[str, Sequence[object]]]:
    """Give the rows of ``[start, end)``: blocks of ten seconds inside, of one at the edges."""
    for step_s, starts in _cover(start, end, now):
        for _, key, row in _blocks(step_s, kind, keys, starts, now):
            yield key, row


def _cover(start: int, end: int, now: float) -> Iterable[tuple[int, range]]:
    """Split a span into tens and, at its edges, seconds. What lies past ``now`` holds nothing, so it may be covered."""
    first, last = -(-start // TEN) * TEN, (-(-end // TEN) if end > now else end // TEN) * TEN
    if first >= last:
        return [(SECOND, range(start, end))]
    return [(SECOND, range(start, first)), (TEN, range(first, last, TEN)), (SECOND, range(last, end))]


def _sql_total(kind: str, start: int, end: int, now: float) -> Iterator[tuple[str, Sequence[object]]]:
    """Give the rows of ``[start, end)``: whole hours, minutes at the edges, and what came after the mark.

    The hour ``now`` is in counts as whole: its row holds just the minutes written so far.
    """
    first, last = -(-start // HOUR) * HOUR, (-(-end // HOUR) if end > now else end // HOUR) * HOUR
    yield from _stored(HourRollup, kind, first, last)
    for edge_start, edge_end in ((start, min(first, end)), (max(last, start), end)):
        if edge_start < edge_end:
            yield from _stored(MinuteRollup, kind, edge_start, edge_end)
    if end > now:
        for _, key, row in _tail(kind, None, start, end, now):
            yield key, row


def _stored(model: type[Rollup], kind: str, start: int, end: int) -> Iterator[tuple[str, Sequence[object]]]:
    rows = model._default_manager.filter(series__kind=kind, start__gte=start, start__lt=end)
    for key, *row in rows.values_list("series__key", *FIGURES):
        yield key, row
