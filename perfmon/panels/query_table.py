"""The state of the table of statements: which database, by what it is sorted, what its texts contain.

It is part of the topic, so the server sorts and filters and a frame carries only the rows that are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db import DEFAULT_DB_ALIAS, connections
from django.utils.translation import gettext_lazy, pgettext_lazy

from perfmon.databases.statements import Statement

MAX_TEXT_CHARS = 100
DEFAULT_SORT = "-total"
#: A bounded number of statements is read in each of these orders, the largest first; there is no other way round.
ORDERS: dict[str, Callable[[Statement], float]] = {
    "-total": lambda one: one.total_ms,
    "-mean": lambda one: one.mean_ms,
    "-calls": lambda one: one.calls,
    "-rows": lambda one: one.rows,
    "-read": lambda one: one.read_bytes,
}
COLUMNS = (
    ("text", gettext_lazy("Statement"), ""),
    ("share", gettext_lazy("Share of time"), "-total"),
    ("total", gettext_lazy("Total"), "-total"),
    ("mean", gettext_lazy("Mean"), "-mean"),
    ("max", gettext_lazy("Longest"), ""),
    ("calls", gettext_lazy("Calls"), "-calls"),
    ("rows", gettext_lazy("Rows"), "-rows"),
    ("read", pgettext_lazy("column", "Read"), "-read"),
    ("hit", gettext_lazy("From memory"), ""),
)


@dataclass(frozen=True, slots=True)
class QueryTable:
    """``alias`` is one of Django's, ``sort`` one of ``ORDERS``; ``text`` keeps the statements that contain it."""

    alias: str = DEFAULT_DB_ALIAS
    sort: str = DEFAULT_SORT
    text: str = ""

    @classmethod
    def read(cls, key: str) -> QueryTable | None:
        """Return what a topic's key (``default/-mean/articles``) says; None when there is no such database or order."""
        parts = key.split("/", 2) if key else []
        table = cls(*parts)
        known = not table.wrong_field() and len(table.text) <= MAX_TEXT_CHARS
        return table if known else None

    @classmethod
    def of(cls, params: Mapping[str, str]) -> QueryTable:
        """Return what an address says, which may be wrong."""
        text = params.get("q", "")[:MAX_TEXT_CHARS]
        shown = "".join(sign for sign in text if sign.isprintable())
        return cls(params.get("db") or DEFAULT_DB_ALIAS, params.get("sort") or DEFAULT_SORT, shown)

    @property
    def key(self) -> str:
        """The topic's key; ``read`` reads it back."""
        return "/".join((self.alias, self.sort, self.text) if self.text else (self.alias, self.sort))

    def wrong_field(self) -> str:
        """Return the address's field that says what there isn't; empty when there is none."""
        if self.alias not in connections:
            return "db"
        return "" if self.sort in ORDERS else "sort"

    def rows(self, statements: tuple[Statement, ...], limit: int) -> list[Statement]:
        """Return at most ``limit`` of the statements that contain the text, in order."""
        wanted = self.text.casefold()
        found = [one for one in statements if wanted in one.text.casefold()]
        return sorted(found, key=ORDERS[self.sort], reverse=True)[:limit]

    def headers(self, range_name: str) -> list[dict[str, Any]]:
        """Return the columns; ``url`` sorts by one, where that can be."""
        return [
            {
                "name": name,
                "label": str(label),
                "sorted": sort == self.sort and name != "share",
                "url": replace(self, sort=sort).url(range_name) if sort and name != "share" else "",
            }
            for name, label, sort in COLUMNS
        ]

    def databases(self, range_name: str) -> list[dict[str, Any]]:
        """Return every alias with the address that shows it."""
        return [
            {"name": alias, "url": replace(self, alias=alias).url(range_name), "current": alias == self.alias}
            for alias in connections
        ]

    def url(self, range_name: str) -> str:
        """Return the page's address with this state."""
        state = {"range": range_name, "db": self.alias, "sort": self.sort}
        return f"?{urlencode(state | {'q': self.text} if self.text else state)}"
