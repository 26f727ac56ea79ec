"""Rows and what they have in common, as the articles a batch will ask for; or why a row makes none. No database."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from articles.enums import Language
from articles.generation.choices import DEFAULT_TONE, DEFAULT_WORDS
from articles.generation.rows import COLUMNS, Row, RowFault, Rows, begun
from articles.generation.wishes import article_wish

_PARTED = re.compile(r"[;|,]")


@dataclass(frozen=True, slots=True)
class Common:
    """What holds for each row that says nothing else."""

    brief: str = ""
    tone: str = DEFAULT_TONE
    words: int = DEFAULT_WORDS
    language: str = Language.ENGLISH
    audience: str = ""
    keywords: tuple[str, ...] = ()
    category_id: int | None = None

    def raw(self) -> dict[str, Any]:
        """Return it as ``article_wish`` reads it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Planned:
    """An article to be asked for. ``same_as`` is an earlier row that says the same, 0 when there is none."""

    row: int
    title: str
    language: str
    words: int
    parameters: dict[str, Any]
    same_as: int = 0


@dataclass(slots=True)
class Plan:
    """Which articles a batch would ask for, which rows make none, and what should be known about the file."""

    planned: list[Planned] = field(default_factory=list)
    refused: list[RowFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def doubles(self) -> int:
        """How many rows say what an earlier one says."""
        return sum(bool(one.same_as) for one in self.planned)


def plan_rows(rows: Rows, common: Common, categories: Mapping[str, int]) -> Plan:
    """Return what a batch of these rows would be; ``categories`` has the id of each by its slug and its name.

    Names are in small letters.
    """
    plan = Plan(refused=list(rows.faults), notes=list(rows.notes))
    seen: dict[str, int] = {}
    shared = common.raw()
    for row in rows.rows:
        one = _planned(row, shared, categories)
        if isinstance(one, RowFault):
            plan.refused.append(one)
            continue
        first = seen.setdefault(repr(sorted(one.parameters.items())).casefold(), one.row)
        plan.planned.append(one if first == one.row else replace(one, same_as=first))
    plan.refused.sort(key=lambda fault: fault.row)
    return plan


def keywords_of(text: str) -> tuple[str, ...]:
    """Return the keywords of a cell or a field, parted by ``;``, ``|`` or a comma."""
    return tuple(word.strip() for word in _PARTED.split(text) if word.strip())


def _planned(row: Row, shared: Mapping[str, Any], categories: Mapping[str, int]) -> Planned | RowFault:
    cells = dict(row.cells)
    name = cells.pop("category", "")
    category_id = categories.get(name.casefold()) if name else shared["category_id"]
    if name and category_id is None:
        return RowFault(row.number, "category", _no_category(name, categories), begun(row.cells))
    variables = {column: cells.pop(column) for column in list(cells) if column not in COLUMNS}
    try:
        wish = article_wish({**shared, **_raw(cells), "category_id": category_id})
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        return RowFault(row.number, field, " ".join(messages), begun(row.cells))
    parameters = wish.parameters() | ({"variables": variables} if variables else {})
    return Planned(row.number, wish.subject, wish.language, wish.words, parameters)


def _raw(cells: dict[str, str]) -> dict[str, Any]:
    """Return a row's cells as the wish reads them: a table parts keywords also by a bar."""
    return {**cells, "keywords": keywords_of(cells["keywords"])} if "keywords" in cells else {**cells}


def _no_category(name: str, categories: Mapping[str, int]) -> str:
    nearest = difflib.get_close_matches(name.casefold(), list(categories), n=1)
    if nearest:
        said = _("There is no category “%(name)s”. Did you mean “%(nearest)s”?")
        return said % {"name": name[:40], "nearest": nearest[0]}
    return _("There is no category “%(name)s”. Make it first, or leave the cell empty.") % {"name": name[:40]}
