"""Word-level comparison: nothing is lost, small changes stay small, and no text takes long."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.diffs import DiffBlock, Kind, Run, folded, word_changes, word_counts, word_diff, word_runs
from articles.limits import MAX_BODY_CHARS

WORD = st.sampled_from(["rain", "sun", "the", "a", "wind", ".", ",", " ", "  ", "\n", "\n\n", "é", "\r\n", "\u2028"])
TEXT = st.one_of(st.lists(WORD, max_size=60).map("".join), st.text(max_size=80))
A_LONG_TIME_S = 10.0  # of a machine that does other things too


def before_of(blocks: list[DiffBlock]) -> str:
    return "".join(run.text for block in blocks for run in block.runs if run.kind is not Kind.ADDED)


def after_of(blocks: list[DiffBlock]) -> str:
    return "".join(run.text for block in blocks for run in block.runs if run.kind is not Kind.REMOVED)


def changes(before: str, after: str) -> list[tuple[str, str]]:
    return [(run.kind.value, run.text) for run in word_runs(before, after) if run.kind is not Kind.SAME]


@settings(max_examples=400)
@given(before=TEXT, after=TEXT)
def test_a_comparison_holds_both_texts_whole(before: str, after: str) -> None:
    blocks = word_diff(before, after)
    assert (before_of(blocks), after_of(blocks)) == (before, after)
    parts = list(folded(blocks))
    assert (before_of(parts), after_of(parts)) == (before, after)


@settings(max_examples=400)
@given(before=TEXT, after=TEXT, taken=st.randoms(use_true_random=False))
def test_changes_hold_both_texts_and_any_choice_of_them_lies_between(
    before: str, after: str, taken: random.Random
) -> None:
    parts = word_changes(before, after)
    assert "".join(part.was for part in parts) == before
    assert "".join(part.now for part in parts) == after
    assert all(part.was or part.now for part in parts)
    chosen = "".join(taken.choice([part.was, part.now]) for part in parts)
    assert len(chosen) <= len(before) + len(after)


def test_a_change_is_what_was_there_and_what_came_instead() -> None:
    parts = word_changes("The rain falls on the town.", "The snow falls on the old town.")
    assert [(part.was, part.now) for part in parts if part.was != part.now] == [("rain", "snow"), ("", "old ")]


@settings(max_examples=200)
@given(text=TEXT)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert {block.kind for block in word_diff(text, text)} <= {Kind.SAME}


@settings(max_examples=200)
@given(before=TEXT, after=TEXT)
def test_the_kind_of_a_block_is_that_of_its_runs(before: str, after: str) -> None:
    for block in word_diff(before, after):
        kinds = {run.kind for run in block.runs}
        assert kinds == {block.kind} or (block.kind is Kind.CHANGED and len(kinds) > 1)


def test_only_the_words_that_changed_are_marked() -> None:
    assert changes("The rain falls on the town.", "The snow falls on the old town.") == [
        ("removed", "rain"), ("added", "snow"), ("added", "old "),
    ]  # fmt: skip


def test_neighbouring_changes_read_as_one_phrase() -> None:
    before = "We meet at the red house by the river tomorrow morning."
    after = "We meet at a blue tent by the river tomorrow morning."
    assert changes(before, after) == [("removed", "the red house"), ("added", "a blue tent")]


def test_a_sentence_of_which_nothing_stays_is_replaced_whole() -> None:
    before, after = "Cats sleep, all day long.", "On Mars, dust covers every stone."
    assert changes(before, after) == [("removed", before), ("added", after)]


def test_a_new_paragraph_does_not_touch_the_others() -> None:
    blocks = word_diff("One.\n\nThree.\n", "One.\n\nTwo.\n\nThree.\n")
    assert [(block.kind, block.text) for block in blocks] == [
        (Kind.SAME, "One.\n\n"), (Kind.ADDED, "Two.\n\n"), (Kind.SAME, "Three.\n"),
    ]  # fmt: skip


def test_a_paragraph_at_the_end_leaves_the_one_before_alone() -> None:
    assert changes("One.", "One.\n\nTwo.") == [("added", "\n\nTwo.")]


def test_words_are_counted_by_what_became_of_them() -> None:
    assert word_counts(word_diff("one two three", "one four five three")) == (1, 2)


def test_long_unchanged_parts_fold_but_for_the_lines_beside_a_change() -> None:
    before = "\n".join(f"This is line {number}" for number in range(40))
    parts = list(folded(word_diff(before, before.replace("line 20\n", "row 20\n"))))
    assert [part.kind for part in parts] == [Kind.FOLDED, Kind.SAME, Kind.CHANGED, Kind.SAME, Kind.FOLDED]
    assert parts[0].lines == 18
    assert parts[1].text == "This is line 18\nThis is line 19\n"


def test_an_unchanged_text_is_not_folded() -> None:
    blocks = [DiffBlock(Kind.SAME, (Run(Kind.SAME, "line\n" * 50),))]
    assert list(folded(blocks)) == blocks


def long_text(seed: int, vocabulary: int, separator: str) -> str:
    chosen = random.Random(seed)
    words = [f"w{chosen.randrange(vocabulary)}" for _ in range(MAX_BODY_CHARS // 4)]
    return separator.join(words)[:MAX_BODY_CHARS]


@pytest.mark.parametrize("vocabulary", [2, 30, 1000, 100_000])
@pytest.mark.parametrize("separator", [" ", "\n", ""])
def test_the_longest_texts_are_compared_in_bounded_time(vocabulary: int, separator: str) -> None:
    before, after = long_text(1, vocabulary, separator), long_text(2, vocabulary, separator)
    begun = time.perf_counter()
    blocks = word_diff(before, after)
    assert time.perf_counter() - begun < A_LONG_TIME_S
    assert (before_of(blocks), after_of(blocks)) == (before, after)


def test_gaps_within_gaps_end() -> None:
    names = [f"n{number}" for number in range(3000)]
    before, after = " ".join(names + names[::-1]), " ".join(names[::-1] + names)
    assert after_of(word_diff(before, after)) == after


def test_one_word_replaced_throughout_a_long_text_is_marked_word_by_word() -> None:
    before = "\n\n".join(f"Paragraph {number} tells of colour and of light number {number}." for number in range(1500))
    runs = word_runs(before, before.replace("colour", "color"))
    assert {run.text for run in runs if run.kind is Kind.REMOVED} == {"colour"}
    assert {run.text for run in runs if run.kind is Kind.ADDED} == {"color"}
