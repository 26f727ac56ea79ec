"""Marks: what the conductor makes is read back, and nothing that anybody else makes up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest import marks
from perfmon.loadtest.marks import MAX_ACTIONS, MAX_KEPT, mark_of, read_mark

RUNS = st.integers(0, 10**18)
ACTIONS = st.integers(0, MAX_ACTIONS - 1)


@given(RUNS, ACTIONS)
def test_a_mark_and_an_action_are_read_back(run: int, action: int) -> None:
    assert read_mark(f"{mark_of(run)}.{action}") == f"{run}/{action}"
    assert read_mark(f"{mark_of(run)}.{action}") == f"{run}/{action}"  # now from memory


@given(RUNS, ACTIONS, RUNS, st.data())
def test_a_mark_that_differs_in_anything_is_none(run: int, action: int, other: int, data: st.DataObject) -> None:
    header = f"{mark_of(run)}.{action}"
    at = data.draw(st.integers(0, len(header) - 1))
    changed = data.draw(
        st.sampled_from(
            [
                header[:at] + data.draw(st.characters()) + header[at + 1 :],
                header[:at] + header[at + 1 :],
                header[:at] + data.draw(st.characters()) + header[at:],
                f"{other}.{mark_of(run).partition('.')[2]}.{action}",
                f"{mark_of(run)}.{data.draw(st.integers().filter(lambda number: not 0 <= number < MAX_ACTIONS))}",
                header * data.draw(st.integers(2, 500)),
            ]
        )
    )
    key = read_mark(changed)

    # The action is not signed: only its number may be another one.
    assert not key or re.fullmatch(rf"{run}/[0-9]{{1,2}}", key)
    assert bool(key) == (changed.rpartition(".")[0] == mark_of(run) and changed.rpartition(".")[2].isascii() and
                         re.fullmatch(r"0|[1-9][0-9]?", changed.rpartition(".")[2]) is not None)  # fmt: skip


@given(st.text())
def test_any_text_is_read_without_an_error(text: str) -> None:
    assert read_mark(text) == ""
    assert read_mark(f"{text}.3") == ""
    assert read_mark(f"12.{text}.3") == ""


@pytest.mark.parametrize(
    "header",
    ["", ".", "..", "12", "12..3", "0.{0}.3", "-1.{0}.3", "012.{0}.3", "12.{0}.03", "12.{0}.100", "12.{0}.-1",
     "12.{0}.3\n", " 12.{0}.3", "12.{0}.٣", "12.{0}", "12.{0}.", "1" * 60_000 + ".{0}.3", "12.{0}.3,12.{0}.3",
     "12.\udcff.3"],
)  # fmt: skip
def test_damaged_marks_are_none(header: str) -> None:
    signature = mark_of(12).partition(".")[2]

    assert read_mark(header.format(signature)) == ""


def test_a_mark_of_another_site_is_none(settings) -> None:
    own = settings.SECRET_KEY
    settings.SECRET_KEY = "of another site"
    foreign = mark_of(4711)
    settings.SECRET_KEY = own

    assert read_mark(f"{foreign}.0") == ""
    assert foreign != mark_of(4711)


def test_what_is_kept_is_bounded_and_nothing_made_up_is_among_it() -> None:
    marks._runs.clear()
    for number in range(1, 10 * MAX_KEPT):
        assert read_mark(f"{number}.{'0' * marks.SIGNATURE_CHARS}.3") == ""
    assert not marks._runs

    for number in range(1, 10 * MAX_KEPT):
        assert read_mark(f"{mark_of(number)}.99") == f"{number}/99"
        assert len(marks._runs) <= MAX_KEPT
