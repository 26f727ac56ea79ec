"""The calendar: what goes out and comes off, day by day, in the zone the page is written in."""

from __future__ import annotations

import calendar as weeks
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import get_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.enums import Status
from articles.selectors import studio as selectors
from articles.selectors.studio import CALENDAR_ROWS, CalendarRow
from articles.studio.entry import studio_view

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
#: A day shows so many; the rest opens.
DAY_EVENTS = 4


class Event(NamedTuple):
    """What happens to an article at a moment: it goes out, comes off, or has gone out."""

    at: datetime
    kind: str
    article_id: int
    title: str


@dataclass(frozen=True, slots=True)
class Day:
    """One cell of the grid."""

    date: date
    is_outside: bool
    is_today: bool
    events: list[Event]
    more: list[Event]


@require_safe
@studio_view
def calendar(request: HttpRequest) -> HttpResponse:
    """One month, ``?month=2026-11`` or the present one."""
    today = timezone.localdate()
    month = _month(request.GET.get("month", "")) or today.replace(day=1)
    # Mondays come first but where the reader's formats say otherwise (0 is Sunday there).
    grid = weeks.Calendar((int(str(get_format("FIRST_DAY_OF_WEEK"))) - 1) % 7)
    days = list(grid.itermonthdates(month.year, month.month))
    found = selectors.calendar_list(start=_midnight(days[0]), end=_midnight(_next_day(days[-1])))
    by_day = _by_day(_events(found.rows))
    cells = [_day(day, month, today, by_day[day]) for day in days]
    context = {
        "month": month, "weeks": [cells[at : at + 7] for at in range(0, len(cells), 7)], "week_days": days[:7],
        "busy": [cell for cell in cells if cell.events and not cell.is_outside],
        "previous": _shifted(month, -1), "next": _shifted(month, 1), "today": today,
        "is_cut": found.is_cut, "most": CALENDAR_ROWS,
    }  # fmt: skip
    return render(request, "studio/calendar.html", context)


def _month(text: str) -> date | None:
    """Return the first of the month that the address names; raises Http404 for one there is not."""
    if not text:
        return None
    match = _MONTH.fullmatch(text)
    if match is None or not (1 <= int(match[2]) <= 12 and 1970 <= int(match[1]) <= 2200):
        raise Http404(_("There is no such month."))
    return date(int(match[1]), int(match[2]), 1)


def _shifted(month: date, by: int) -> date:
    years, at = divmod(month.month - 1 + by, 12)
    return date(month.year + years, at + 1, 1)


def _next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def _events(rows: Iterable[CalendarRow]) -> Iterator[Event]:
    for row in rows:
        if row.status == Status.SCHEDULED and row.publish_at:
            yield Event(row.publish_at, "goes-out", row.id, row.title)
        if row.status == Status.PUBLISHED and row.published_at:
            yield Event(row.published_at, "is-out", row.id, row.title)
        if row.unpublish_at:
            yield Event(row.unpublish_at, "comes-off", row.id, row.title)


def _by_day(events: Iterable[Event]) -> dict[date, list[Event]]:
    by_day: dict[date, list[Event]] = defaultdict(list)
    for event in sorted(events):
        by_day[timezone.localtime(event.at).date()].append(event)
    return by_day


def _day(day: date, month: date, today: date, events: list[Event]) -> Day:
    # Three and a line that tells of more take no more room than four.
    shown = len(events) if len(events) <= DAY_EVENTS else DAY_EVENTS - 1
    return Day(day, day.month != month.month, day == today, events[:shown], events[shown:])
