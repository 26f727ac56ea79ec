"""Pages of long lists without a count of all their rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from django.contrib import admin

    PaginatorBase = Paginator[Any]
    AdminBase = admin.ModelAdmin[Any]
else:
    PaginatorBase = Paginator
    AdminBase = object

AHEAD_PAGES = 10
MOST_PAGES = 2_000  # an OFFSET reads what it skips
_MAX_PAGE_DIGITS = 6


class LookAheadPaginator(PaginatorBase):
    """Counts as far as ten pages past the one that is shown.

    So each page costs what it takes to get there, and the list is open to its end, or to page ``MOST_PAGES``: further
    down a filter or a search finds more than pages do. ``is_more`` says that the count stopped before the end.
    """

    def __init__(self, rows: QuerySet[Any], per_page: int, *, page: int) -> None:
        super().__init__(rows, per_page)
        self._rows = rows
        self._limit = min(page + AHEAD_PAGES, MOST_PAGES) * per_page

    @cached_property
    def _seen(self) -> int:
        return self._rows.values("pk")[: self._limit + 1].count()

    @cached_property
    def count(self) -> int:
        """How many rows there are, as far as was looked."""
        return min(self._seen, self._limit)

    @property
    def is_more(self) -> bool:
        """Whether there are more than were counted."""
        return self._seen > self._limit


class LookAheadList(ChangeList):
    """Says beside the search box how many were found only when something was looked for."""

    def get_results(self, request: HttpRequest) -> None:
        """Take the rows shown for all there are when nothing narrows them."""
        super().get_results(request)
        if not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class LookAhead(AdminBase):
    """For admins of long tables: no count of all rows, no counts beside filters."""

    show_full_result_count = False
    list_per_page = 25

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that goes with the paginator."""
        return LookAheadList

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> LookAheadPaginator:
        """Return a paginator for the page that is asked for."""
        asked = request.GET.get("p", "1")
        is_number = asked.isascii() and asked.isdecimal() and len(asked) <= _MAX_PAGE_DIGITS
        return LookAheadPaginator(queryset, per_page, page=int(asked) if is_number else 1)
