"""Merging what two writers made of one text: settled where one side changed, a conflict where both did."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.content import Content
from articles.limits import MAX_BODY_CHARS
from articles.matching import LineMatcher
from articles.merging import Choice, Merge, merge_content

# Few different lines, so that sides often agree; a carriage return and a form feed, which other splitters cut at.
LINES = st.lists(st.sampled_from(["", "a", "b", "c", "- d", "e\x0cf", "g\r", "\u2028"]), max_size=12)
BODIES = LINES.map("\n".join)
CONTENTS = st.builds(
    Content,
    title=st.sampled_from(["One", "Two", "Three"]),
    body=BODIES,
    category_id=st.sampled_from([None, 1, 2]),
    tags=st.lists(st.sampled_from(["x", "y", "z"]), unique=True).map(tuple),
    seo_title=st.sampled_from(["", "Found"]),
)


def merged(base: str, theirs: str, mine: str) -> Merge:
    """Merge three bodies of one title."""
    return merge_content(*(Content(title="T", body=body) for body in (base, theirs, mine)))


# What is always so


@settings(deadline=None)
@given(CONTENTS, CONTENTS)
def test_merging_with_an_unchanged_other_side_gives_mine(base: Content, mine: Content) -> None:
    merge = merge_content(base, base, mine)
    assert merge.conflicts == ()
    assert merge.content.same_as(mine)


@settings(deadline=None)
@given(CONTENTS, CONTENTS)
def test_without_changes_of_mine_the_other_side_is_taken(base: Content, theirs: Content) -> None:
    merge = merge_content(base, theirs, base)
    assert merge.conflicts == ()
    assert merge.content.same_as(theirs)


@settings(deadline=None)
@given(CONTENTS, CONTENTS)
def test_equal_changes_are_taken_once(base: Content, both: Content) -> None:
    merge = merge_content(base, both, both)
    assert merge.conflicts == ()
    assert merge.content.same_as(both)


@settings(deadline=None)
@given(LINES, LINES, LINES)
def test_no_line_of_either_side_is_lost_but_by_a_choice(base: list[str], theirs: list[str], mine: list[str]) -> None:
    merge = merged("\n".join(base), "\n".join(theirs), "\n".join(mine))
    for side, choice in ((theirs, Choice.THEIRS), (mine, Choice.MINE)):
        result = merge.body([choice] * len(merge.conflicts)).split("\n")
        new = [line for line in side if line and line not in base]
        assert set(new) <= set(result)
    both = merge.body([Choice.BOTH] * len(merge.conflicts)).split("\n")
    assert {line for line in (*theirs, *mine) if line not in base} <= {*both, ""}


@settings(deadline=None)
@given(LINES, LINES, LINES, LINES)
def test_changes_in_different_places_never_conflict(
    first: list[str], second: list[str], mine: list[str], theirs: list[str]
) -> None:
    head, rule, tail = [f"h{n}" for n in range(len(first))], ["---unique---"], [f"t{n}" for n in range(len(second))]
    base = "\n".join([*head, *rule, *tail])
    merge = merged(base, "\n".join([*head, *rule, *theirs]), "\n".join([*mine, *rule, *tail]))
    assert merge.conflicts == ()
    assert merge.content.body == "\n".join([*mine, *rule, *theirs])


@settings(deadline=None)
@given(LINES, LINES)
def test_matching_blocks_are_common_lines_in_order(a: list[str], b: list[str]) -> None:
    blocks = LineMatcher(None, a, b).get_matching_blocks()
    assert blocks[-1] == (len(a), len(b), 0)
    a_end = b_end = 0
    for a_at, b_at, length in blocks:
        assert a_at >= a_end
        assert b_at >= b_end
        assert a[a_at : a_at + length] == b[b_at : b_at + length]
        a_end, b_end = a_at + length, b_at + length


# What a writer meets


def test_two_paragraphs_changed_by_two_writers_are_both_taken() -> None:
    merge = merged("One.\n\nTwo.\n\nThree.", "One.\n\nTwo.\n\nThree, by her.", "One, by me.\n\nTwo.\n\nThree.")
    assert merge.conflicts == ()
    assert merge.content.body == "One, by me.\n\nTwo.\n\nThree, by her."


def test_one_paragraph_changed_by_both_is_a_conflict_and_each_choice_is_open() -> None:
    merge = merged("Start.\n\nOld.\n\nEnd.", "Start.\n\nHers.\n\nEnd.", "Start.\n\nMine.\n\nEnd.")
    [conflict] = merge.conflicts
    assert (conflict.base, conflict.theirs, conflict.mine) == (("Old.",), ("Hers.",), ("Mine.",))
    assert merge.body([Choice.MINE]) == "Start.\n\nMine.\n\nEnd."
    assert merge.body([Choice.THEIRS]) == "Start.\n\nHers.\n\nEnd."
    assert merge.body([Choice.BOTH]) == "Start.\n\nHers.\n\nMine.\n\nEnd."


def test_what_two_writers_append_is_a_conflict_about_the_new_lines_alone() -> None:
    merge = merged("Start.", "Start.\n\nHers.", "Start.\n\nMine.")
    [conflict] = merge.conflicts
    assert (conflict.theirs, conflict.mine) == (("Hers.",), ("Mine.",))
    assert merge.body([Choice.BOTH]) == "Start.\n\nHers.\n\nMine."


def test_what_one_deletes_and_the_other_changes_is_a_conflict() -> None:
    merge = merged("A.\n\nB.\n\nC.", "A.\n\nC.", "A.\n\nB, better.\n\nC.")
    [conflict] = merge.conflicts
    assert "B, better." in conflict.mine
    assert not any("B" in line for line in conflict.theirs)
    assert merge.body([Choice.THEIRS]) == "A.\n\nC."


def test_fields_are_merged_as_wholes_and_tags_one_by_one() -> None:
    base = Content(title="Old", excerpt="e", tags=("red", "green"))
    theirs = replace(base, title="Hers", seo_title="Found", tags=("green", "Blue"))
    mine = replace(base, title="Mine", category_id=3, tags=("red", "green", "yellow"))
    merge = merge_content(base, theirs, mine)
    assert [conflict.field for conflict in merge.conflicts] == ["title"]
    resolved = merge.resolved([Choice.THEIRS])
    assert (resolved.title, resolved.seo_title, resolved.category_id) == ("Hers", "Found", 3)
    assert set(resolved.tags) == {"green", "Blue", "yellow"}


@pytest.mark.parametrize(
    "unit",
    ["x\n", "\n", "".join(f"{n % 101}\n" for n in range(2000)), "a long line of words that comes again and again\n"],
    ids=["one line", "empty lines", "a hundred lines", "long lines"],
)
def test_the_largest_texts_are_merged_within_seconds(unit: str) -> None:
    base = (unit * MAX_BODY_CHARS)[:MAX_BODY_CHARS]
    mine, theirs = "m\n" + base[1000:], base[:-1000] + "\nt" + base[:500]
    scrambled = "\n".join(sorted(base.split("\n"), reverse=True))
    start = time.process_time()
    for other in (mine, scrambled):
        merged(base, theirs, other)
    assert time.process_time() - start < 5
