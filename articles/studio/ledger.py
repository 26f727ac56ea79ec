"""The ledger's pages: what the models cost this month and before, call by call; the site's for a superuser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.cursors import decode_cursor, encode_cursor
from articles.enums import CallOutcome
from articles.exceptions import CursorError
from articles.generation import ledger_selectors as selectors
from articles.generation.budgets import Standing, standing_of
from articles.generation.ledger_selectors import COLUMNS, Line, Month
from articles.portability.tables import write_table
from articles.querysets import Position
from articles.studio.entry import studio_view

PAGE_CALLS = 50
_MONTHS_BACK = 12
_MONTH_FORM = re.compile(r"(2[0-9]{3})-(0[1-9]|1[0-2])")
_BARS_HIGH, _BAR_WIDE = 60, 10


@dataclass(frozen=True, slots=True)
class Bar:
    """A day in the drawing: where it stands, how high it is, and what it says."""

    x: int
    y: float
    height: float
    day: str
    line: Line


@dataclass(frozen=True, slots=True)
class Bound:
    """A budget and how much of it is used, US$."""

    label: str
    used: Decimal
    limit: Decimal

    @property
    def is_used_up(self) -> bool:
        """Whether nothing is left."""
        return self.used >= self.limit


@require_safe
@studio_view
def ledger(request: HttpRequest) -> HttpResponse:
    """A month in sums; of one's own calls, or of all for a superuser."""
    account: Any = request.user
    month, this_month = _month(request), _this_month()
    sums = selectors.month_sums(account=account, month=month)
    standing = standing_of(account.pk) if month == this_month else None
    context = {
        "month": month, "months": _months(this_month, month), "sums": sums, "bars": _bars(sums.days),
        "accounts": selectors.account_sums(account=account, month=month) if account.is_superuser else [],
        "articles": selectors.article_sums(account=account, month=month), "is_site": account.is_superuser,
        "times": selectors.month_times(account=account, month=month), "bounds": _bounds(standing) if standing else [],
    }  # fmt: skip
    return render(request, "studio/ledger.html", context)


@require_safe
@studio_view
def calls(request: HttpRequest) -> HttpResponse:
    """A month's calls, one by one, the newest first."""
    month, outcome = _month(request), request.GET.get("outcome", "")
    if outcome not in ("", "failed", *CallOutcome.values):
        raise Http404(_("There is no such page of the list."))
    page = selectors.call_list(
        account=request.user, month=month, limit=PAGE_CALLS, after=_after(request), outcome=outcome
    )
    context = {
        "month": month, "months": _months(_this_month(), month), "calls": page.calls, "outcome": outcome,
        "outcomes": [("", _("All")), ("failed", _("All that failed")), *CallOutcome.choices],
        "onward": encode_cursor(page.onward) if page.onward else "", "is_first": "after" not in request.GET,
        "is_site": getattr(request.user, "is_superuser", False),
    }  # fmt: skip
    return render(request, "studio/ledger_calls.html", context)


@require_safe
@studio_view
def ledger_file(request: HttpRequest) -> HttpResponse:
    """A month's calls as a table for spreadsheets."""
    month = _month(request)
    rows = selectors.call_rows(account=request.user, month=month)
    lines = (line.encode() for line in write_table(rows, bom=True, columns=COLUMNS))
    answer: HttpResponseBase = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="ledger-{month}.csv"'
    return answer  # type: ignore[return-value]  # a streamed answer, which a view may give too


def _this_month() -> Month:
    now = timezone.now()
    return Month(now.year, now.month)


def _month(request: HttpRequest) -> Month:
    given = request.GET.get("month", "")
    if not given:
        return _this_month()
    match = _MONTH_FORM.fullmatch(given)
    if match is None:
        raise Http404(_("There is no such month."))
    return Month(int(match[1]), int(match[2]))


def _months(newest: Month, shown: Month) -> list[Month]:
    """Return the months to choose from, the newest first."""
    months = [newest]
    for _step in range(_MONTHS_BACK):
        months.append(months[-1].before)
    return months if shown in months else [*months, shown]


def _after(request: HttpRequest) -> Position | None:
    given = request.GET.get("after")
    if given is None:
        return None
    try:
        return decode_cursor(given)
    except CursorError:
        raise Http404(_("There is no such page of the list.")) from None


def _bounds(standing: Standing) -> list[Bound]:
    bounds = standing.bounds
    found = [(_("Yours"), standing.account_spent, bounds.account), (_("The site’s"), standing.site_spent, bounds.site)]
    return [Bound(label, used, limit) for label, used, limit in found if limit is not None]


def _bars(days: list[Line]) -> list[Bar]:
    """Return the days by what they cost; where nothing costs anything, by their tokens."""
    by_cost = any(line.sums.cost for line in days)
    values = [float(line.sums.cost) if by_cost else line.sums.tokens_in + line.sums.tokens_out for line in days]
    most = max([*values, 1e-9])
    heights = [round(_BARS_HIGH * value / most, 1) for value in values]
    return [
        Bar(_BAR_WIDE * at, _BARS_HIGH - height, height, line.name, line)
        for at, (line, height) in enumerate(zip(days, heights, strict=True))
    ]
