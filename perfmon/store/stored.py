"""Reading rollups: the rows of a span, each part of it from the coarsest table that has it.

Every function names the database it reads, so that what is put together from several statements comes from one replica.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Q

from perfmon.models import DayRollup, HourRollup, MinuteRollup, Rollup
from perfmon.store.ranges import DAY, HOUR, MINUTE
from perfmon.store.rollups import FIGURES

type_of_span = tuple[int, int]  # [start, end) in Unix s


def rows_of_keys(
    using: str, bucket_s: int, kind: str, keys: Sequence[str], span: type_of_span
) -> list[tuple[int, str, Sequence[Any]]]:
    """Return ``(start, key, row)`` of some series, of minutes or hours; one statement."""
    model = MinuteRollup if bucket_s == MINUTE else HourRollup
    found = model.objects.using(using).filter(series__kind=kind, series__key__in=keys).filter(_within([span]))
    return [(start, key, row) for start, key, *row in found.values_list("start", "series__key", *FIGURES)]


def rows_between(using: str, kind: str, start: int, end: int) -> list[tuple[str, Sequence[Any]]]:
    """Return ``(key, row)`` of all series of a kind, which add up to the span; both ends lie on the minute's grid.

    Days where they are written, hours for the rest, minutes at the edges: at most a statement for each.
    """
    first, last = -(-start // HOUR) * HOUR, end // HOUR * HOUR
    if first >= last:
        return [(key, row) for _, key, row in _rows(using, MinuteRollup, kind, [(start, end)])]
    days = range(-(-first // DAY) * DAY, last - DAY + 1, DAY)
    by_day = _rows(using, DayRollup, kind, [(days.start, days.stop)] if days else [])
    by_hour = _rows(using, HourRollup, kind, _without(first, last, {day for day, _, _ in by_day}))
    by_minute = _rows(using, MinuteRollup, kind, [(start, first), (last, end)])
    return [(key, row) for _, key, row in (*by_day, *by_hour, *by_minute)]


def _rows(
    using: str, model: type[Rollup], kind: str, spans: Iterable[type_of_span]
) -> list[tuple[int, str, Sequence[Any]]]:
    spans = [span for span in spans if span[0] < span[1]]
    if not spans:
        return []
    found = model.objects.using(using).filter(_within(spans), series__kind=kind)
    return [(start, key, row) for start, key, *row in found.values_list("start", "series__key", *FIGURES)]


def _within(spans: Iterable[type_of_span]) -> Q:
    return reduce(or_, (Q(start__gte=start, start__lt=end) for start, end in spans))


def _without(start: int, end: int, days: Iterable[int]) -> list[type_of_span]:
    """Return what is left of a span without some days of it."""
    left = []
    for day in sorted(days):
        left.append((start, day))
        start = day + DAY
    return [*left, (start, end)]
