"""Advice on what is said twice: a word in a row, a word that comes back soon, a phrase that comes back at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.quality.reading import Hint, Level, Reading
from articles.quality.repetition import check_repetition
from tests.articles.quality.texts import content, words


def told(body: str, kind: str = "") -> list[Hint]:
    return [hint for hint in check_repetition(Reading(content(body))) if hint.code == f"repetition.{kind}" or not kind]


def spread(word: str, apart: list[int]) -> str:
    """The word, and between its places so many other words of a sentence."""
    filler = iter(words(500))
    return " ".join([word, *(f"{' '.join(next(filler) for _ in range(gap))} {word}" for gap in apart)])


def test_a_word_twice_in_a_row_is_told_by_its_line() -> None:
    (hint,) = told("One line.\n\nAnother has\nthe The same.")
    assert (hint.code, hint.level, hint.line) == ("repetition.doubled", Level.ADVICE, 3)
    assert "“the the”" in hint.message
    assert "Take one out" in hint.message


@pytest.mark.parametrize(
    "text", ["I think that that is so.", "She had had enough.", "Venha logo logo.", "It ends. Ends it?",
             "It is 10 10 now.", "On the\n\nthe."],
)  # fmt: skip
def test_what_is_doubled_on_purpose_or_in_two_sentences_is_not(text: str) -> None:
    assert told(text, "doubled") == []


def test_five_doubled_words_are_enough() -> None:
    assert len(told("the the. " * 12, "doubled")) == 5


def test_a_word_four_times_within_41_words_comes_back_too_soon() -> None:
    (hint,) = told(spread("lamps", [12, 12, 13]), "word")
    assert (hint.level, hint.line) == (Level.INFO, 1)
    assert "“lamps” stands 4 times within 41 words. Vary it" in hint.message
    assert told(spread("lamps", [13, 13, 12]), "word") == []
    assert told(spread("lamps", [12, 12]), "word") == []


def test_a_word_is_told_once_and_five_are_enough() -> None:
    assert len(told("Some lamps. " * 20, "word")) == 1
    many = " ".join(f"{word}! " * 4 for word in ("lamps", "wicks", "burners", "bowls", "flames", "shelves"))
    assert len(told(many, "word")) == 5


@pytest.mark.parametrize("word", ["lamp", "óleo", "which", "depois", "você"])
def test_short_and_common_words_may_come_back(word: str) -> None:
    assert told(f"{word.capitalize()}. " * 20) == []


def test_capitals_make_no_other_word() -> None:
    assert told("Lamps! LAMPS! lamps! Lamps!", "word")


def test_a_phrase_of_four_words_is_told_at_its_third_time_where_it_first_stood() -> None:
    phrase = "at the old harbour"
    text = "Nothing here.\n\nWe met {0}. It was {0}.\n\nThey stood {1}."
    (hint,) = told(text.format(phrase, phrase), "phrase")
    assert (hint.level, hint.line) == (Level.INFO, 3)
    assert f"“{phrase}” stands 3 times" in hint.message
    assert told(text.format(phrase, "elsewhere"), "phrase") == []


def test_a_phrase_of_short_words_is_none() -> None:
    assert told("It is at the end of it. " * 6, "phrase") == []


def test_a_phrase_ends_with_its_sentence() -> None:
    assert told("We saw lamps. At noon. " * 5, "phrase") == []


def test_five_phrases_are_enough_even_of_one_word_each() -> None:
    lines = [f"{' '.join([word] * 4)}. " * 3 for word in ("lamps", "wicks", "burners", "bowls", "flames", "shelves")]
    assert len(told("".join(lines), "phrase")) == 5


@settings(max_examples=100)
@given(spoken=st.lists(st.sampled_from(["lamps", "wicks", "flame", "a", "the", ".", "\n\n"]), max_size=80))
def test_no_kind_is_told_more_than_five_times_and_doing_it_again_tells_the_same(spoken: list[str]) -> None:
    text = " ".join(spoken)
    hints = told(text)
    assert hints == told(text)
    for kind in ("doubled", "word", "phrase"):
        assert len([hint for hint in hints if hint.code == f"repetition.{kind}"]) <= 5


@settings(max_examples=100)
@given(spoken=st.lists(st.text("abcdefg", min_size=5, max_size=9), unique=True, max_size=60))
def test_words_that_are_all_different_repeat_nothing(spoken: list[str]) -> None:
    assert told(" ".join(spoken)) == []
