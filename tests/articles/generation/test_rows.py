"""Rows of a batch: any bytes give rows or clear words, each fault is told by its row, no row costs another."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.generation.rows import COLUMNS, MAX_BYTES, MAX_CELL_CHARS, MAX_ROWS, RowsError, rows_of_file, rows_of_text


def titles(data: bytes, name: str = "rows.csv") -> list[str]:
    """Return the titles that a file gives."""
    return [row.cells["title"] for row in rows_of_file(data, name).rows]


def test_a_line_is_a_topic_and_an_empty_one_is_nothing() -> None:
    found = rows_of_text("  On lamps \r\n\r\n\t\nOn chairs\n")

    assert [(row.number, row.line, row.cells) for row in found.rows] == [
        (1, 1, {"title": "On lamps"}),
        (2, 4, {"title": "On chairs"}),
    ]


def test_a_table_gives_each_column_by_its_name_and_leaves_out_empty_cells() -> None:
    found = rows_of_file(b'Title, WORDS ,keywords,brief\nOn lamps,600,"oil|wick",\n\n,,,About chairs.\n', "rows.csv")

    assert [(row.number, row.line, row.cells) for row in found.rows] == [
        (1, 2, {"title": "On lamps", "words": "600", "keywords": "oil|wick"}),
        (2, 4, {"brief": "About chairs."}),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_columns_may_be_parted_as_spreadsheets_of_other_countries_do(mark: str) -> None:
    assert rows_of_file(f"title{mark}tone\nOn lamps{mark}calm\n".encode(), "rows.csv").rows[0].cells == {
        "title": "On lamps",
        "tone": "calm",
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le-marked", "utf-16-be-marked"])
def test_utf_8_and_what_is_marked_is_read_without_a_word(encoding: str) -> None:
    text = "title\nO que é “luz”?\n"
    marks = {"utf-16-le-marked": b"\xff\xfe", "utf-16-be-marked": b"\xfe\xff"}
    data = marks.get(encoding, b"") + text.encode(encoding.removesuffix("-marked"))

    found = rows_of_file(data, "rows.csv")

    assert found.rows[0].cells == {"title": "O que é “luz”?"}
    assert found.notes == []


@pytest.mark.parametrize(
    ("encoding", "text"), [("latin-1", "Ação e reação"), ("cp1252", "“Ação” – reação"), ("latin-1", "\u00c1\u00cd")]
)
def test_latin_1_is_read_and_said(encoding: str, text: str) -> None:
    found = rows_of_file(f"{text}\n".encode(encoding), "rows.txt")

    assert found.rows[0].cells == {"title": text}
    assert "Latin-1, not UTF-8; it was read as such" in found.notes[0]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("Ação, reação\nfim".encode() + b" \xff\n", "UTF-8, but for a character in line 2"),
        ("title\nx\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (b"\xff\xfea", "begins as UTF-16 and is damaged"),
        (b"\xef\xbb\xbf\xff", "begins as UTF-8 and is damaged"),
    ],
)
def test_bytes_that_are_no_text_are_refused_in_words(data: bytes, says: str) -> None:
    with pytest.raises(RowsError, match=says):
        rows_of_file(data, "rows.txt")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"title,tittle\na,b\n", "no column “tittle”. Did you mean “title”?"),
        (b"title,wrods,zzzz\na,b,c\n", "Did you mean “words”.*no column “zzzz”. Take it out.*There are: title, brief"),
        (b"title,title\na,b\n", "“title” stands there twice"),
        (b"On lamps\nOn chairs\n", "first line must name the columns"),
        (b'"title\n', "first line can't be read"),
        (b"", "empty"),
        (b"title\n", "no row"),
        (b"title,brief\n,\n", "no row"),
    ],
)
def test_a_table_whose_head_is_wrong_is_refused_with_the_way_out(data: bytes, says: str) -> None:
    with pytest.raises(RowsError, match=says):
        rows_of_file(data, "rows.csv")


def test_a_templates_variables_are_columns_too() -> None:
    assert rows_of_file(b"title,city\nOn lamps,Recife\n", "rows.csv", ["city"]).rows[0].cells["city"] == "Recife"


@pytest.mark.parametrize("name", ["rows.xlsx", "rows.zip"])
def test_another_kind_of_file_is_refused(name: str) -> None:
    with pytest.raises(RowsError, match=r"Give a \.txt or a \.csv"):
        rows_of_file(b"x", name)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b'"On "lamps",600', "can't be read"),
        (b'"On lamps,600', "can't be read"),
        (b"On lamps,600,more", "has 3 cells, and the first line names 2 columns"),
        (b"On\x00lamps,600", r"title: has a control character \(U\+0000\)"),
        (b"On lamps,\x1b600", r"words: has a control character \(U\+001B\)"),
        (b"On lamps," + b"6" * (MAX_CELL_CHARS + 1), "words: longer than 8,000 characters"),
    ],
)
def test_of_ten_thousand_rows_the_one_that_is_broken_is_told_and_the_others_are_read(row: bytes, says: str) -> None:
    lines = [b"title,words", *(b"Topic %d,600" % number for number in range(1, 10_001))]
    lines[7_313] = row

    found = rows_of_file(b"\n".join(lines), "rows.csv")

    assert [fault.row for fault in found.faults] == [7_313]
    assert str(found.faults[0]).startswith("row 7,313: ")
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(str(found.faults[0]))
    assert len(found.rows) == 9_999
    assert (found.rows[-1].number, found.rows[-1].line) == (10_000, 10_001)


def test_a_cell_may_go_over_lines_and_the_next_row_still_knows_its_line() -> None:
    found = rows_of_file(b'title,brief\n"On\nlamps",x\n"bad"y,z\nOn chairs,\n', "rows.csv")

    assert [(row.number, row.line, row.cells["title"]) for row in found.rows] == [
        (1, 2, "On\nlamps"),
        (3, 5, "On chairs"),
    ]
    assert "line 4" in found.faults[0].message


def test_more_is_refused_than_a_batch_holds() -> None:
    assert len(rows_of_text("x\n" * MAX_ROWS).rows) == MAX_ROWS
    with pytest.raises(RowsError, match="More than 10,000 rows"):
        rows_of_text("x\n" * (MAX_ROWS + 1))
    with pytest.raises(RowsError, match="more than 5 MiB"):
        rows_of_file(b"x" * (MAX_BYTES + 1), "rows.txt")


def test_a_row_with_fewer_cells_leaves_the_others_empty() -> None:
    assert rows_of_file(b"title,tone,words,,\nOn lamps\n", "rows.csv").rows[0].cells == {"title": "On lamps"}


@given(
    head=st.sampled_from([b"", b"title,words\n", b"\xef\xbb\xbftitle;brief\r\n", b"\xff\xfe"]),
    data=st.binary(max_size=300) | st.text('ab,;"\n\r\t\0é', max_size=200).map(str.encode),
    name=st.sampled_from(["a.csv", "a.txt", "a"]),
)
def test_any_bytes_give_rows_or_words(head: bytes, data: bytes, name: str) -> None:
    try:
        found = rows_of_file(head + data, name)
    except RowsError:
        return  # in words, as the tests above show
    numbers = sorted([row.number for row in found.rows] + [fault.row for fault in found.faults])
    assert numbers == list(range(1, len(numbers) + 1))
    assert all(cell.strip() for row in found.rows for cell in row.cells.values())


_CELL = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1, max_size=20).filter(str.strip)


@given(st.lists(st.fixed_dictionaries({"title": _CELL}, optional={"brief": _CELL, "audience": _CELL}), min_size=1))
def test_what_a_spreadsheet_writes_is_what_is_read(rows: list[dict[str, str]]) -> None:
    sink = io.StringIO()
    writer = csv.DictWriter(sink, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)

    found = rows_of_file(sink.getvalue().encode(), "rows.csv")

    assert [row.cells for row in found.rows] == [{name: cell.strip() for name, cell in row.items()} for row in rows]
