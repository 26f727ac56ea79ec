"""Tables: no cell is ever a formula, every row is told by its line."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.portability.source import FaultError, Source
from articles.portability.tables import COLUMNS, guarded, joined, parted, read_table, unguarded, write_table


def rows(data: str | bytes, most: int = 100) -> list[Source | FaultError]:
    """Read a table."""
    return list(read_table(data if isinstance(data, bytes) else data.encode(), "t.csv", most))


def refused(data: str, most: int = 100) -> list[str]:
    """Return why a table is not read."""
    with pytest.raises(FaultError) as error:
        rows(data, most)
    return [str(fault) for fault in error.value.faults]


@pytest.mark.parametrize("start", list("=+-@\t\r\n＝＋－＠"))
def test_a_cell_that_a_spreadsheet_would_run_gets_an_apostrophe(start: str) -> None:
    assert guarded(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


@given(st.text(st.sampled_from("'=+-@\t\r\n＝a \"")))
def test_what_is_guarded_is_never_a_formula_and_comes_back(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(tuple("=+-@\t\r\n＝"))


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc", "Z"))).filter(bool)))
def test_a_list_in_a_cell_comes_back(names: list[str]) -> None:
    assert parted(joined(names)) == names


def test_a_table_of_hostile_titles_has_no_formula_in_any_cell() -> None:
    table = "".join(write_table([{"title": "=1+1", "slug": "a", "excerpt": "+A1", "tags": "@x"}], bom=True))

    assert table.startswith("\ufeffslug,title,")
    read = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))
    assert tuple(read[0]) == COLUMNS
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in read[1])


def test_a_row_knows_its_line_also_after_cells_of_several_lines() -> None:
    found = rows('title,excerpt\nOne,"two\nlines"\n\nTwo,x\n')

    assert [(row.line, row.given["title"]) for row in found if isinstance(row, Source)] == [(2, "One"), (5, "Two")]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_tables_of_spreadsheets_of_any_country_are_read(mark: str) -> None:
    [row] = rows(f"\ufefftitle{mark}tags\r\nOne{mark}a\r\n")

    assert isinstance(row, Source)
    assert (row.given["title"], row.tags) == ("One", ["a"])


def test_a_row_with_too_few_cells_is_told_and_the_others_are_read() -> None:
    first, second = rows("title,slug\nOne\nTwo,two\n")

    assert isinstance(first, FaultError)
    assert str(first.faults[0]).startswith("t.csv:2: The row has 1 cells, and the head names 2.")
    assert isinstance(second, Source)


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("", "t.csv:1: The table needs a column “title”"),
        ("slug\na\n", "t.csv:1: The table needs a column “title”"),
        ("title,titel\nA,B\n", "t.csv:1: titel: There is no such column."),
        ("title,title\nA,B\n", "t.csv:1: title: The column stands there twice."),
        ('title\n"open\n', "t.csv:2: This row can't be read"),
        ("title\n" + "A\n" * 5, "t.csv:5: More than 3 rows."),
        ("title\nA\x00\n", "t.csv:2: This line has a NUL character"),
    ],
)
def test_a_table_that_can_not_be_read_is_told_by_line(data: str, fault: str) -> None:
    assert any(told.startswith(fault) for told in refused(data, most=3))
