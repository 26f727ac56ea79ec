"""The endpoint table's state in the address: which column it is sorted by, and what it is filtered to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext_lazy, pgettext_lazy

from perfmon.panels.attention import endpoint_url
from perfmon.panels.base import PageQuery

MAX_FILTER_CHARS = 100
COLUMNS = (
    ("endpoint", pgettext_lazy("column", "Endpoint")),
    ("requests", gettext_lazy("Requests")),
    ("rate", gettext_lazy("Req/s")),
    ("p50", "p50"),
    ("p95", "p95"),
    ("p99", "p99"),
    ("errors", gettext_lazy("Errors")),
    ("db", gettext_lazy("Database")),
    ("cache", gettext_lazy("Cache hits")),
)
SORTS = tuple(name for name, _label in COLUMNS)
DEFAULT_SORT = "-requests"


@dataclass(frozen=True, slots=True)
class TableState:
    """``sort`` is a column's name, with a minus for the largest first; ``text`` keeps the endpoints that contain it."""

    sort: str = DEFAULT_SORT
    text: str = ""

    @classmethod
    def read(cls, params: Mapping[str, str]) -> TableState | None:
        """Return the state of the address's ``sort`` and ``q``; None when there is no such column."""
        sort = params.get("sort") or DEFAULT_SORT
        return cls(sort, params.get("q", "")[:MAX_FILTER_CHARS]) if sort.removeprefix("-") in SORTS else None

    @property
    def column(self) -> str:
        """The column sorted by."""
        return self.sort.removeprefix("-")

    @property
    def descending(self) -> bool:
        """Whether the largest comes first."""
        return self.sort.startswith("-")

    def rows(self, data: dict[str, Any], query: PageQuery) -> list[dict[str, Any]]:
        """Return the panel's rows that contain the text, in order; a figure that was not measured comes last."""
        wanted = self.text.casefold()
        rows = [row_dict(row, query) for row in data["rows"] if wanted in row[0].casefold()]
        if self.column == "endpoint":
            return sorted(rows, key=lambda row: str(row["key"]), reverse=self.descending)
        known = [row for row in rows if row["numbers"][self.column] is not None]
        unknown = [row for row in rows if row["numbers"][self.column] is None]
        return sorted(known, key=lambda row: row["numbers"][self.column], reverse=self.descending) + unknown

    def headers(self, query: PageQuery) -> list[dict[str, Any]]:
        """Return the columns with the address that sorts by each; the one sorted by turns round."""
        return [
            {
                "name": name,
                "label": str(label),
                "sort": "" if name != self.column else "descending" if self.descending else "ascending",
                "url": f"?{urlencode(self._next(name, query))}",
            }
            for name, label in COLUMNS
        ]

    def _next(self, name: str, query: PageQuery) -> dict[str, str]:
        descends = not self.descending if name == self.column else name != "endpoint"
        state = {"range": query.range.name, "sort": f"{'-' if descends else ''}{name}"}
        return state | {"q": self.text} if self.text else state


def row_dict(row: list[Any], query: PageQuery) -> dict[str, Any]:
    """Return a row with names, as the template takes it."""
    key, texts, numbers, bars, marks = row
    method, _space, route = key.partition(" ")
    names = SORTS[1:]
    return {
        "key": key,
        "method": method,
        "route": route or key,
        "url": endpoint_url(key, query),
        "cells": [
            {"name": name, "label": str(label), "text": text, "over": name in marks}
            for (name, label), text in zip(COLUMNS[1:], texts, strict=True)
        ],
        "numbers": dict(zip(names, numbers, strict=True)),
        "spread": [int(digit) for digit in bars],
    }


BLANK_ROW = {
    "cells": [{"name": name, "label": label, "text": "", "over": False} for name, label in COLUMNS[1:]],
    "spread": [],
}
