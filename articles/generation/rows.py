"""Rows of a batch as a person gives them: topics a line, or a table whose first line names its columns.

Nothing here knows a database. A table is read a row at a time; a row that can't be read is told and the next one is
read all the same.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from articles.generation.decoding import DecodingError, decode

if TYPE_CHECKING:
    import _csv

COLUMNS = ("title", "brief", "tone", "words", "language", "audience", "keywords", "category")
MAX_ROWS = 10_000
MAX_BYTES = 5 << 20
MAX_CELL_CHARS = 8_000
SHOWN_CHARS = 80
_DELIMITERS = ",;\t"
_TEXTS = ("", ".txt", ".text", ".md")
_TABLES = (".csv", ".tsv")
_CONTROL = re.compile("[\\0-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f]")


class RowsError(ValueError):
    """Nothing can be made of the whole; the words are for who gave it."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one row says: its number among the rows, its first line in the file, its cells that are not empty."""

    number: int
    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why a row makes no article: ``field`` is a column's name, or empty; ``text`` is what the row begins with."""

    row: int
    field: str
    message: str
    text: str = ""

    def __str__(self) -> str:
        place = _("row %(number)s") % {"number": number_format(self.row, force_grouping=True)}
        return f"{place}: {self.field}: {self.message}" if self.field else f"{place}: {self.message}"


@dataclass(slots=True)
class Rows:
    """Everything that was read, in its order, and what should be known about the file."""

    rows: list[Row] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def rows_of_text(text: str) -> Rows:
    """Return a row for each line that is not empty: its topic. Raises RowsError when there are too many."""
    return _gathered(_lines(text))


def rows_of_file(data: bytes, name: str, variables: Collection[str] = ()) -> Rows:
    """Return the rows of a ``.txt`` or ``.csv`` file; ``variables`` are further columns, a template's own.

    Raises RowsError when the file as a whole can't be read.
    """
    suffix = PurePath(name).suffix.lower()
    if suffix not in (*_TEXTS, *_TABLES):
        raise RowsError(_("A file that ends in “%(suffix)s” is not read. Give a .txt or a .csv.") % {"suffix": suffix})
    if len(data) > MAX_BYTES:
        most = MAX_BYTES >> 20
        raise RowsError(_("The file has more than %(most)d MiB. Make the batch in parts.") % {"most": most})
    try:
        decoded = decode(data)
    except DecodingError as error:
        raise RowsError(str(error)) from None
    found = _gathered(_table(decoded.text, (*COLUMNS, *variables)) if suffix in _TABLES else _lines(decoded.text))
    found.notes[:0] = [decoded.note] if decoded.note else []
    return found


def _gathered(source: Iterator[Row | RowFault]) -> Rows:
    found = Rows()
    for number, one in enumerate(source, start=1):
        if number > MAX_ROWS:
            most = number_format(MAX_ROWS, force_grouping=True)
            raise RowsError(_("More than %(most)s rows. Make the batch in parts.") % {"most": most})
        fault = _row_fault(one) if isinstance(one, Row) else one
        if fault is not None:
            found.faults.append(fault)
        elif isinstance(one, Row):
            found.rows.append(one)
    if not found.rows and not found.faults:
        raise RowsError(_("There is no row in it. Write one topic a line, or a table with a title in each row."))
    return found


def _row_fault(row: Row) -> RowFault | None:
    """Return what is wrong with the first cell that can't be taken as it is."""
    for name, cell in row.cells.items():
        if len(cell) > MAX_CELL_CHARS:
            most = number_format(MAX_CELL_CHARS, force_grouping=True)
            said = _("longer than %(most)s characters. Shorten it.") % {"most": most}
            return RowFault(row.number, name, said, begun(row.cells))
        if control := _CONTROL.search(cell):
            said = _("has a control character (U+%(code)s). Delete it.") % {"code": f"{ord(control[0]):04X}"}
            return RowFault(row.number, name, said, begun(row.cells))
    return None


def begun(cells: dict[str, str]) -> str:
    """Return by what a person knows the row again, without characters that are not shown."""
    text = cells.get("title") or cells.get("brief") or next(iter(cells.values()), "")
    return " ".join(_CONTROL.sub(" ", text[:SHOWN_CHARS]).split())


def _lines(text: str) -> Iterator[Row | RowFault]:
    number = 0
    for line, topic in enumerate(io.StringIO(text), start=1):
        if topic.strip():
            number += 1
            yield Row(number, line, {"title": topic.strip()})


class _Table:
    """A table being read, which can begin anew after a line that spoilt the ones after it."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text, newline="")
        self._delimiter = _delimiter(text)
        self._start = self._lines_before = 0
        self._reader = self._new_reader()

    def next_row(self) -> tuple[int, list[str] | csv.Error]:
        """Return the next row and its first line; raises StopIteration at the end.

        A row that can't be read gives the error. It may have taken all lines to the end for one cell, as of a quote
        that is not closed, so reading goes on with the line after its first.
        """
        self._start = self._stream.tell()
        line = self._lines_before + self._reader.line_num + 1
        try:
            return line, next(self._reader)
        except csv.Error as error:
            self._stream.seek(self._start)
            self._stream.readline()
            self._lines_before, self._reader = line, self._new_reader()
            return line, error

    def _new_reader(self) -> _csv.Reader:
        return csv.reader(self._stream, delimiter=self._delimiter, strict=True)


def _table(text: str, known: Collection[str]) -> Iterator[Row | RowFault]:
    table, number = _Table(text), 0
    columns = _head(table, known)
    while True:
        try:
            line, cells = table.next_row()
        except StopIteration:
            return
        if isinstance(cells, csv.Error) or any(cell.strip() for cell in cells):
            number += 1
            yield _row(number, line, cells, columns)


def _row(number: int, line: int, cells: list[str] | csv.Error, columns: list[str]) -> Row | RowFault:
    if isinstance(cells, csv.Error):
        said = _("can't be read (%(problem)s; line %(line)d). Look for a quote that is not closed.")
        return RowFault(number, "", said % {"problem": cells, "line": line})
    extra = [cell for cell in cells[len(columns) :] if cell.strip()]
    given = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if cell.strip()}
    if extra:  # fewer cells than columns are left empty, as spreadsheets save them
        said = _("has %(cells)d cells, and the first line names %(columns)d columns. Put a text with commas in quotes.")
        return RowFault(number, "", said % {"cells": len(cells), "columns": len(columns)}, begun(given))
    return Row(number, line, given)


def _head(table: _Table, known: Collection[str]) -> list[str]:
    try:
        _line, cells = table.next_row()
    except StopIteration:
        raise RowsError(_("The file is empty.")) from None
    if isinstance(cells, csv.Error):
        raise RowsError(_("The first line can't be read (%(problem)s).") % {"problem": cells})
    columns = [name.strip().lower() for name in cells]
    while columns and not columns[-1]:  # of a spreadsheet with empty columns at its side
        columns.pop()
    _check_columns(columns, known)
    return columns


def _check_columns(columns: list[str], known: Collection[str]) -> None:
    names = ", ".join(known)
    if not set(columns) & set(known):
        raise RowsError(_("The first line must name the columns. There are: %(names)s.") % {"names": names})
    said = [_unknown(name, known) for name in columns if name not in known]
    twice = sorted({name for name in columns if columns.count(name) > 1 and name in known})
    said += [_("The column “%(name)s” stands there twice. Keep one.") % {"name": name} for name in twice]
    if said:
        raise RowsError(" ".join([*said, _("There are: %(names)s.") % {"names": names}]))


def _unknown(name: str, known: Collection[str]) -> str:
    nearest = difflib.get_close_matches(name, list(known), n=1)
    if nearest:
        said = _("There is no column “%(name)s”. Did you mean “%(nearest)s”?")
        return said % {"name": name[:40], "nearest": nearest[0]}
    return _("There is no column “%(name)s”. Take it out, or correct its name.") % {"name": name[:40]}


def _delimiter(text: str) -> str:
    """Return what parts the columns: a comma, or what spreadsheets of other countries write."""
    head = text[:MAX_CELL_CHARS].splitlines()[0] if text else ""
    return max(_DELIMITERS, key=lambda mark: sum(name.strip(' "').lower() in COLUMNS for name in head.split(mark)))
