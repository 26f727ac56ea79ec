"""What panels read, each reading made once a payload however many panels show it; kinds' units turned into ms and %."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from perfmon.conf import on_change as on_config_change
from perfmon.exceptions import StoreUnavailable
from perfmon.panels.base import PageQuery
from perfmon.series import NS_PER_MS, STATUS_CLASSES, TOTAL_KEY, Window
from perfmon.store import selectors
from perfmon.store.fine import one_view
from perfmon.store.ranges import FINE_STEPS, Range
from perfmon.store.selectors import Point

CURRENT_S = 15
RECENT_S = (10, 60, 300)
MIN_HOLD_S, MAX_HOLD_S = 2.0, 15.0
MAX_HELD = 24
PERCENTILES = {"p50": 50.0, "p90": 90.0, "p95": 95.0, "p99": 99.0}
SHOWN_CLASSES = STATUS_CLASSES[1:]
Result = TypeVar("Result")

_held: dict[tuple[str, str, bool], tuple[float, dict[str, Window]]] = {}
_shared: ContextVar[dict[Any, Any] | None] = ContextVar("perfmon_readings", default=None)


@contextmanager
def shared(*, hold: bool = False) -> Iterator[None]:
    """Make equal readings inside the block once; with ``hold``, totals of long ranges may be ``hold_s`` old."""
    token = _shared.set({"hold": hold})
    try:
        with one_view():
            yield
    finally:
        _shared.reset(token)


def timeline(query: PageQuery, kind: str, *keys: str) -> dict[str, list[Point]]:
    """Return the range's points per key; a point without a window is a gap. Raises StoreUnavailable."""
    read_once = _fine_once if query.range.bucket_s in FINE_STEPS else once
    return read_once(
        ("timeline", kind, keys, query.range.name, query.now),
        lambda: selectors.timeline(query.range, kind, keys, query.now),
    )


def totals(query: PageQuery, kind: str, previous: bool = False) -> dict[str, Window]:
    """Return every key's window over the range, or over the one before. Raises StoreUnavailable."""
    read_once = _fine_once if query.range.bucket_s in FINE_STEPS else once
    return read_once(("totals", kind, previous, query.range.name, query.now), lambda: _totals(query, kind, previous))


def hold_s(range_: Range) -> float:
    """How long a frame may show the same reading: a quarter of a step, 0 when that is about a second."""
    quarter_s = range_.step_s / 4
    return 0.0 if quarter_s < MIN_HOLD_S else min(MAX_HOLD_S, quarter_s)


def _totals(query: PageQuery, kind: str, previous: bool) -> dict[str, Window]:
    longest_s = hold_s(query.range) if (_shared.get() or {}).get("hold") else 0.0
    key = (kind, query.range.name, previous)
    held = _held.get(key)
    if held is not None and 0 <= query.now - held[0] < longest_s:
        return held[1]
    found = selectors.totals(query.range, kind, query.now, previous=previous)
    if longest_s:
        if len(_held) >= MAX_HELD:
            _held.clear()
        _held[key] = (query.now, found)
    return found


def latest(query: PageQuery, kind: str) -> dict[str, Window]:
    """Return every key's newest window. Raises StoreUnavailable."""
    return _fine_once(("latest", kind, query.now), lambda: selectors.latest(kind, query.now, seconds=CURRENT_S))


def total(query: PageQuery, kind: str, key: str = TOTAL_KEY, previous: bool = False) -> Window:
    """Return one series' window over the range; empty when nothing was recorded."""
    return totals(query, kind, previous).get(key) or Window()


def alive(query: PageQuery) -> list[bool]:
    """Tell for each step whether anything measured at all: then no requests means zero, otherwise it means a gap."""
    return [point.window is not None for point in timeline(query, "self", "flush")["flush"]]


def elapsed_s(query: PageQuery, start: int) -> float:
    """How many seconds of a step have passed: less than its length in the step ``now`` is in."""
    return min(float(query.range.step_s), max(0.0, int(query.now) - start))


def covered_s(query: PageQuery) -> float:
    """How many seconds of the range have passed."""
    return max(1.0, query.now - query.range.span(query.now)[0])


def latency_ms(window: Window | None, percent: float) -> float | None:
    """A percentile of a window of durations, in ms."""
    value_ns = window.percentile(percent) if window is not None else None
    return None if value_ns is None else value_ns / NS_PER_MS


def mean_pct(window: Window | None) -> float | None:
    """The mean of a gauge of thousandths of a percent, in percent."""
    return None if window is None or window.mean is None else window.mean / 1000


def hit_pct(window: Window | None) -> float | None:
    """The share of reads that found something, in percent."""
    return None if window is None or not window.count else 100 * (1 - window.errors / window.count)


def share_pct(part: Window | None, whole: Window) -> float | None:
    """How much of the whole's time the part took, in percent; None where there was no time at all."""
    if not whole.sum:
        return None
    return min(100.0, 100 * part.sum / whole.sum) if part is not None else 0.0


def each(points: Sequence[Point], of: Callable[[Window], float | None]) -> list[float | None]:
    """Return a figure of each point, None in gaps."""
    return [None if point.window is None else of(point.window) for point in points]


def latencies(query: PageQuery, key: str) -> dict[str, list[float | None]]:
    """The four percentiles of each point of an endpoint, in ms, None in gaps."""

    def read() -> dict[str, list[float | None]]:
        columns = [_percentiles_ms(point.window) for point in timeline(query, "request", key)[key]]
        return {name: [column[at] for column in columns] for at, name in enumerate(PERCENTILES)}

    return once(("latencies", key, query.range.name, query.now), read)


def _percentiles_ms(window: Window | None) -> list[float | None]:
    if window is None:
        return [None] * len(PERCENTILES)
    found = window.percentiles(tuple(PERCENTILES.values()))
    return [None if value_ns is None else value_ns / NS_PER_MS for value_ns in found]


def rates(query: PageQuery, points: Sequence[Point]) -> list[float | None]:
    """Events a second of each point: zero where others measured and these did not, None where nothing measured."""
    return counted(query, points, lambda window, seconds: window.count / seconds)


def counted(
    query: PageQuery, points: Sequence[Point], of: Callable[[Window, float], float | None]
) -> list[float | None]:
    """A figure of each point's window and seconds: zero where others measured, None where nothing measured."""
    found: list[float | None] = []
    for point, measured in zip(points, alive(query), strict=True):
        seconds = elapsed_s(query, point.start)
        if not seconds or not (measured or point.window):
            found.append(None)
        else:
            found.append(of(point.window, seconds) if point.window else 0.0)
    return found


def recent_rates(query: PageQuery, key: str) -> list[float]:
    """Requests a second over the last 10 s, minute and five minutes: they fall when traffic stops. StoreUnavailable."""
    end = int(query.now)
    return [selectors.count_between("request", key, end - seconds, end) / seconds for seconds in RECENT_S]


def once(key: tuple[Any, ...], read: Callable[[], Result]) -> Result:
    """Return what ``read`` returns, asking it once a payload however often the key is asked for."""
    held = _shared.get()
    if held is None:
        return read()
    if key not in held:
        held[key] = read()
    found: Result = held[key]
    return found


def _fine_once(key: tuple[Any, ...], read: Callable[[], Result]) -> Result:
    """As ``once``, and a store that could not be read is not asked again: each time might be a second's wait."""
    held = _shared.get() or {}
    if "unavailable" in held:
        raise StoreUnavailable(held["unavailable"])
    try:
        return once(key, read)
    except StoreUnavailable as error:
        held["unavailable"] = str(error)
        raise


on_config_change(_held.clear)
