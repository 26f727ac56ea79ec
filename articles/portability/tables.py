"""Tables of articles for spreadsheets: CSV whose cells are never taken for formulas."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from articles.limits import MAX_BODY_CHARS
from articles.portability.source import KNOWN_FIELDS, Fault, FaultError, Source, decoded

COLUMNS = (
    "slug",
    "title",
    "language",
    "status",
    "author",
    "username",
    "category",
    "tags",
    "excerpt",
    "seo_title",
    "seo_description",
    "origin",
    "cover",
    "words",
    "version",
    "created_at",
    "updated_at",
    "published_at",
    "publish_at",
    "unpublish_at",
    "url",
)
BOM = "\ufeff"
# What a spreadsheet takes for the start of a formula, also in full width; after apostrophes too, so that one more
# can be taken away again without doubt.
_FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_GUARDED = re.compile("'+[=+\\-@\t\r\n＝＋－＠]")
_DELIMITERS = ",;\t"
_CELLS = frozenset({*KNOWN_FIELDS - {"images"}, "body"})


def guarded(cell: str) -> str:
    """Return the cell with an apostrophe before it when a spreadsheet would take it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def unguarded(cell: str) -> str:
    """Undo ``guarded``."""
    return cell[1:] if _GUARDED.match(cell) else cell


def joined(names: Iterable[str]) -> str:
    """Return a list in one cell, by commas; a name with a comma stands in quotes."""
    return _line([*names]).rstrip("\r\n")


def parted(cell: str) -> list[str]:
    """Undo ``joined``."""
    rows = csv.reader([cell.replace("\n", " ")], skipinitialspace=True)
    return [name.strip() for row in rows for name in row if name.strip()]


def write_table(rows: Iterable[Mapping[str, str]], *, bom: bool, columns: Sequence[str] = COLUMNS) -> Iterator[str]:
    """Yield the table a line at a time, its head first."""
    yield (BOM if bom else "") + _line(columns)
    for row in rows:
        yield _line([guarded(row.get(column, "")) for column in columns])


def read_table(data: bytes, file: str, most_rows: int) -> Iterator[Source | FaultError]:
    """Yield each row, or what is wrong with it; raises FaultError when the table as a whole can't be read."""
    text = decoded(data, file)
    csv.field_size_limit(MAX_BODY_CHARS * 2)  # of the process; the standard library knows no other way
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        columns = _head(next(reader, []), file)
        start = reader.line_num + 1
        for number, row in enumerate(reader):
            if number >= most_rows:
                raise FaultError(
                    Fault(file, _("More than %(most)d rows. Import the table in parts.") % {"most": most_rows}, start)
                )
            if any(row):
                yield _row(row, columns, file, start)
            start = reader.line_num + 1
    except csv.Error as error:
        raise FaultError(
            Fault(
                file,
                _("This row can't be read (%(problem)s). Look for a quote that is not closed.") % {"problem": error},
                reader.line_num,
            )
        ) from None


def _delimiter(text: str) -> str:
    """Return what parts the columns: a comma, or what spreadsheets of other countries write."""
    head = text.partition("\n")[0]
    return max(_DELIMITERS, key=lambda mark: sum(name.strip(' "\r') in _CELLS for name in head.split(mark)))


def _head(names: list[str], file: str) -> list[str]:
    columns = [name.strip().lower() for name in names]
    faults = [
        Fault(file, _("There is no such column. Take it out, or correct its name."), 1, name[:40])
        for name in columns
        if name not in _CELLS
    ]
    if "title" not in columns:
        faults.append(Fault(file, _("The table needs a column “title”; its first line must name the columns."), 1))
    faults += [
        Fault(file, _("The column stands there twice. Keep one."), 1, name)
        for name in sorted({name for name in columns if columns.count(name) > 1 and name in _CELLS})
    ]
    if faults:
        raise FaultError(*faults)
    return columns


def _row(row: list[str], columns: list[str], file: str, line: int) -> Source | FaultError:
    if len(row) != len(columns):
        return FaultError(
            Fault(
                file,
                _(
                    "The row has %(cells)d cells, and the head names %(columns)d. "
                    "Look for a comma that should stand in quotes."
                )
                % {"cells": len(row), "columns": len(columns)},
                line,
            )
        )
    cells = {name: unguarded(cell) for name, cell in zip(columns, row, strict=True)}
    tags, body = cells.pop("tags", None), cells.pop("body", None)
    return Source(file, cells, line=line, tags=None if tags is None else parted(tags), body=body)


def _line(cells: Iterable[str]) -> str:
    sink = io.StringIO()
    csv.writer(sink).writerow(list(cells))
    return sink.getvalue()
