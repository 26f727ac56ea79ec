"""The only reader of what was measured: any range, in a number of rows and blocks that traffic does not change.

Ranges up to an hour are read from the fine store. Longer ones are read from rollups up to the newest minute written
(the *mark*) and from the fine store after it, so every range reaches up to now and nothing is counted twice. When the
fine store can't be read, long ranges end at the mark. What may still change is read from one database, whichever
replica that is: its mark and its rows belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeVar

from django.db import router

from perfmon import guard
from perfmon.conf import on_change as on_config_change
from perfmon.exceptions import StoreUnavailable
from perfmon.models import MinuteRollup
from perfmon.series import Window, type_of_row
from perfmon.store.fine import SETTLED_S, block_reader
from perfmon.store.kept import BegunTotals, KeptSteps, KeptSums
from perfmon.store.ranges import HOUR, MINUTE, SECOND, TEN, Range
from perfmon.store.rollups import last_minute
from perfmon.store.stored import rows_between, rows_of_keys
from perfmon.store.sums import sum_rows
from perfmon.wire import Rows

TAIL_LIMIT_S = 1800  # how far behind the mark may be and still be made up from blocks: 180 of them
SETTLED_HOUR_S = 600  # after its end an hour hardly ever changes
READ_AGAIN = 3  # times; the mark moves once a minute, more often only while a backlog is written

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Point:
    """One step of a chart: ``start`` in Unix s, and its window, or None where nothing was recorded."""

    start: int
    window: Window | None


def timeline(range_: Range, kind: str, keys: Sequence[str], now: float) -> dict[str, list[Point]]:
    """Return ``range_.points`` points per key on the step's grid. Raises StoreUnavailable for ranges up to an hour.

    The windows are shared with other readers: never change them.
    """
    start, end = range_.span(now)
    grid = range(start, end, range_.step_s)
    if range_.bucket_s <= TEN:
        return {key: _fine_line(range_, kind, key, grid, now) for key in keys}
    steps = _by_step(range_, _rows(range_, kind, keys, start, end, now))
    return {key: [Point(at, steps.get((key, at))) for at in grid] for key in keys}


def _fine_line(range_: Range, kind: str, key: str, grid: range, now: float) -> list[Point]:
    """Return one key's points; those of settled steps are kept, so a second costs the newest few blocks."""
    series = (kind, key, range_.step_s)
    found = kept_steps.get(series, grid)
    missing = [at for at in grid if at not in found]
    starts = [at for step in missing for at in range(step, step + range_.step_s, range_.bucket_s)]
    made = _by_step(range_, _blocks(range_.bucket_s, kind, (key,), starts, now))
    for at in missing:
        found[at] = made.get((key, at))
    kept_steps.keep(series, {at: found[at] for at in missing if at + range_.step_s + SETTLED_S <= now})
    return [Point(at, found[at]) for at in grid]


def fine_timeline(range_: Range, kind: str, keys: Sequence[str], start: int, now: float) -> dict[str, list[Point]]:
    """As ``timeline``, for the span that begins at ``start`` (on the step's grid); steps after ``now`` are gaps.

    The blocks must still be there at ``start``: seconds for 15 minutes, tens for a day. Raises StoreUnavailable.
    """
    grid = range(start, start + range_.seconds, range_.step_s)
    begun = range(start, min(grid.stop, int(now) + 1), range_.step_s)
    to_come = [Point(at, None) for at in grid[len(begun) :]]
    return {key: _fine_line(range_, kind, key, begun, now) + to_come for key in keys}


def fine_totals(kind: str, start: int, now: float) -> dict[str, Window]:
    """Return each key's window from ``start`` (at most a day ago) to ``now``. Raises StoreUnavailable."""
    return _fine_totals(kind, start, int(now) + 1, now)


def _by_step(range_: Range, rows: Iterable[tuple[int, str, Sequence[object]]]) -> dict[tuple[str, int], Window]:
    return sum_rows(((key, at // range_.step_s * range_.step_s), row) for at, key, row in rows)


def totals(range_: Range, kind: str, now: float, *, previous: bool = False) -> dict[str, Window]:
    """Return each key's window over the range, or over the one before it. Raises StoreUnavailable up to an hour.

    The windows are shared with other readers: never change them.
    """
    start, end = range_.previous(now) if previous else range_.span(now)
    if range_.bucket_s <= TEN:
        return _fine_totals(kind, start, end, now)
    return _sql_totals(kind, start, end, now)


def _fine_totals(kind: str, start: int, end: int, now: float) -> dict[str, Window]:
    """Sum a span of blocks: all but the newest is kept from one second to the next, and it alone is added."""
    settled = max(start, min(end, (int(now) - SETTLED_S) // TEN * TEN))
    base = settled_totals(kind, start, settled, now)
    if settled == end:
        return base
    *earlier, newest = [rows.get(kind) if rows else None for rows in _covering(settled, end, now)]
    begun = begun_totals.get((kind, start, settled), earlier)
    if begun is None:
        begun = _copied(base)
        for rows in earlier:
            _summed(begun, (rows or {}).items())
        begun_totals.keep((kind, start, settled), earlier, begun)
    return _summed(_copied(begun), (newest or {}).items())


def _covering(start: int, end: int, now: float) -> Iterator[Rows | None]:
    for step_s, starts in _cover(start, end, now):
        yield from block_reader().read(step_s, starts, now)


def _copied(windows: dict[str, Window]) -> dict[str, Window]:
    return {key: window.copy() for key, window in windows.items()}


def _summed(windows: dict[str, Window], rows: Iterable[tuple[str, Sequence[object]]]) -> dict[str, Window]:
    for key, row in rows:
        held = windows.get(key)
        if held is None:
            held = windows[key] = Window()
        held.merge_row(row)
    return windows


def _summed_settled(kind: str, start: int, end: int, now: float) -> dict[str, Window]:
    """Sum settled blocks: the whole minutes inside, kept while the span slides over them, and what lies beside them."""
    first, last = -(-start // MINUTE) * MINUTE, end // MINUTE * MINUTE
    if first >= last:
        return sum_rows(_fine_total(kind, start, end, now))
    before, after = _fine_total(kind, start, first, now), _fine_total(kind, last, end, now)
    return sum_rows(chain(before, settled_spans(kind, first, last, now).items(), after))


def _span_rows(kind: str, first: int, last: int, now: float) -> dict[str, type_of_row]:
    """Sum whole minutes into packed rows, each minute summed once for all the spans it is in."""
    minutes = (settled_minutes(kind, minute, minute + MINUTE, now) for minute in range(first, last, MINUTE))
    windows = sum_rows(chain.from_iterable(rows.items() for rows in minutes))
    return {key: window.to_row() for key, window in windows.items()}


def _minute_rows(kind: str, start: int, end: int, now: float) -> dict[str, type_of_row]:
    """Sum a minute into packed rows, a tenth of the memory of windows: there may be two hours of them."""
    return {key: window.to_row() for key, window in _summed({}, _fine_total(kind, start, end, now)).items()}


def _hour_rows(kind: str, start: int, end: int, now: float) -> dict[str, type_of_row]:
    using = router.db_for_read(MinuteRollup)
    return {key: window.to_row() for key, window in sum_rows(rows_between(using, kind, start, end)).items()}


kept_steps = KeptSteps(64)
begun_totals = BegunTotals(12)
KINDS = 12  # that the pages read; most have few series
settled_minutes = KeptSums(_minute_rows, KINDS * 130)  # two hours and a bit
settled_spans = KeptSums(_span_rows, KINDS * 4)
settled_totals = KeptSums(_summed_settled, KINDS * 4)
settled_hours = KeptSums(_hour_rows, KINDS * 6)  # long ranges and those before them
on_config_change(
    *(kept.clear for kept in (settled_minutes, settled_spans, settled_totals, settled_hours, kept_steps, begun_totals))
)


def latest(kind: str, now: float, *, seconds: int = 15) -> dict[str, Window]:
    """Return each key's window over the last ``seconds``. Raises StoreUnavailable."""
    end = int(now) + 1
    windows: dict[str, Window] = {}
    for key, row in _fine_total(kind, end - seconds, end, now):
        windows.setdefault(key, Window()).merge_row(row)
    return windows


def window_between(kind: str, key: str, start: int, end: int) -> Window:
    """Return one series' window over ``[start, end)``, within the 15 minutes seconds are kept; StoreUnavailable."""
    return sum_rows(_fine_total(kind, start, end, end, keys=(key,))).get(key) or Window()


def count_between(kind: str, key: str, start: int, end: int) -> int:
    """Return what ``window_between`` counts, without its histogram: a tenth of the work. Raises StoreUnavailable."""
    return sum(int(row[0]) for _, row in _fine_total(kind, start, end, end, keys=(key,)))  # type: ignore[call-overload]


def _rows(
    range_: Range, kind: str, keys: Sequence[str], start: int, end: int, now: float
) -> Iterable[tuple[int, str, Sequence[object]]]:
    """Give ``(bucket start, key, row)`` of everything recorded for the keys in ``[start, end)``, from SQL."""
    using = router.db_for_read(MinuteRollup)
    mark, rows = _up_to_mark(
        using, last_minute(using), lambda: rows_of_keys(using, range_.bucket_s, kind, keys, (start, end))
    )
    return chain(rows, _tail(mark, kind, keys, start, end, now))


def _up_to_mark(using: str, mark: int | None, read: Callable[[], list[Found]]) -> tuple[int | None, list[Found]]:
    """Return the mark and the rows up to it; reads again when a minute was written in between."""
    rows = read()
    for _ in range(READ_AGAIN):
        before, mark = mark, last_minute(using)
        if mark == before:
            break
        rows = read()
    return mark, rows


def _tail(
    mark: int | None, kind: str, keys: Sequence[str] | None, start: int, end: int, now: float
) -> Iterator[tuple[int, str, Sequence[object]]]:
    """Give what came after the mark, from the fine store."""
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


def _sql_totals(kind: str, start: int, end: int, now: float) -> dict[str, Window]:
    """Sum a span of rollups and what came after the mark; the settled part is kept from one second to the next.

    The hour ``now`` is in counts as whole: its row holds just the minutes written so far.
    """
    using = router.db_for_read(MinuteRollup)
    mark = last_minute(using)
    settled_s = min(now - SETTLED_HOUR_S, mark + MINUTE if mark is not None else start)
    settled = end if end <= settled_s else max(start, int(settled_s) // HOUR * HOUR)
    rows = list(settled_hours(kind, start, settled, now).items()) if start < settled else []
    if settled == end:
        return sum_rows(rows)
    whole = -(-end // HOUR) * HOUR if end > now else end
    mark, newest = _up_to_mark(using, mark, lambda: rows_between(using, kind, settled, whole))
    tail = ((key, row) for _, key, row in _tail(mark, kind, None, settled, end, now))
    return sum_rows(chain(rows, newest, tail))
