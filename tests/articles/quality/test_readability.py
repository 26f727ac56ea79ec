"""Flesch's reading ease in two languages, against values worked out by hand, and sentences that are too long."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.enums import Language
from articles.quality.readability import MIN_WORDS, check_readability, check_sentences, reading_ease
from articles.quality.reading import Hint, Level, Reading
from articles.quality.syllables import syllables
from tests.articles.quality.texts import content, sentences, words

EN, PT = Language.ENGLISH.value, Language.PORTUGUESE.value


def ease(body: str, language: str = EN) -> float:
    value = reading_ease(Reading(content(body, language=language)))
    assert value is not None
    return value


def told(body: str, language: str = EN) -> list[Hint]:
    reading = Reading(content(body, language=language))
    return [*check_readability(reading), *check_sentences(reading)]


def mixed(two_syllables: int) -> str:
    """A hundred words in five sentences, so many of them of two syllables and the others of one."""
    return sentences(words(two_syllables, 2) + words(100 - two_syllables), 20)


@pytest.mark.parametrize(
    ("sentence", "language", "by_hand"),
    [
        # 7 words, 8 syllables: 206.835 - 7.105 - 84.6 * 8 / 7
        ("The rain falls on the quiet town.", EN, 103.0443),
        # 10 words, 18 syllables: 206.835 - 10.15 - 84.6 * 1.8
        ("Every morning the little river carries yellow leaves under windows.", EN, 44.4050),
        # 7 words, 13 syllables: 248.835 - 7.105 - 84.6 * 13 / 7
        ("A chuva cai sobre a cidade quieta.", PT, 84.6157),
        # 8 words, 14 syllables: 248.835 - 8.12 - 84.6 * 1.75
        ("A manhã não tem história, só água acesa.", PT, 92.6650),
    ],
)
def test_the_reading_ease_is_what_one_works_out_by_hand(sentence: str, language: str, by_hand: float) -> None:
    assert ease(" ".join([sentence] * 20), language) == pytest.approx(by_hand, abs=0.001)


def test_portuguese_is_judged_42_points_milder_than_the_same_figures_in_english() -> None:
    text = mixed(50)
    assert ease(text, PT) - ease(text, EN) == pytest.approx(42.0)


def test_a_text_below_a_hundred_words_is_not_judged() -> None:
    assert reading_ease(Reading(content(sentences(words(MIN_WORDS - 1, 2))))) is None
    assert reading_ease(Reading(content(sentences(words(MIN_WORDS, 2))))) is not None
    assert reading_ease(Reading(content(""))) is None


def test_headings_do_not_count() -> None:
    text = sentences(words(120, 2))
    assert ease(f"# Incomprehensibilities\n\n{text}") == ease(text)


@pytest.mark.parametrize(
    ("two_syllables", "codes"),
    [(61, []), (62, ["readability.hard"]), (90, ["readability.hard"]), (91, ["readability.very_hard"])],
)  # 50.3, 49.5, 25.8 and 24.9 by the formula
def test_a_hard_text_is_told_from_its_threshold(two_syllables: int, codes: list[str]) -> None:
    hints = told(mixed(two_syllables))
    assert [hint.code for hint in hints] == codes
    assert all(f"{ease(mixed(two_syllables)):.0f} of 100, 20 words a sentence" in hint.message for hint in hints)
    assert [hint.level for hint in hints] == [Level.ADVICE if "very" in code else Level.INFO for code in codes]


def test_no_ease_below_none_is_shown() -> None:
    (hint,) = told(" ".join(["Incomprehensibilities"] * 110) + ".")[:1]
    assert "reading ease 0 of 100" in hint.message


def test_a_sentence_of_36_words_is_one_too_long() -> None:
    (hint,) = told("Short.\n\n" + sentences(words(36), 36))
    assert (hint.code, hint.level, hint.line) == ("readability.long_sentence", Level.ADVICE, 3)
    assert "36 words. Make two of it" in hint.message
    assert told(sentences(words(35), 35)) == []


def test_the_five_longest_sentences_are_told_in_the_order_of_the_text() -> None:
    lengths = [36, 41, 37, 40, 38, 39, 36]
    hints = check_sentences(Reading(content("\n\n".join(sentences(words(length), length) for length in lengths))))
    assert [(hint.line, hint.message.split()[3]) for hint in hints] == [
        (3, "41"), (5, "37"), (7, "40"), (9, "38"), (11, "39"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("One. Two! Three? Four… Five", 5),
        ("He met Dr. Lima at no. 5. She left.", 2),
        ("A sra. Lima mora na pág. 3. Saiu.", 2),
        ("It costs 3.50 today, at example.org too.", 1),
        ("Really?! Yes... so it goes on. “Fine.” «Bom.»", 4),
        ("- One\n- Two\n\n| A | B |\n|---|---|\n| c | d |", 6),
        ("A line\nthat goes on\nover three.", 1),
        ("1. 2. 3.", 0),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, count: int) -> None:
    assert len(Reading(content(text)).sentences) == count


@pytest.mark.parametrize(
    ("word", "language", "count"),
    [
        ("lamp", EN, 1), ("table", EN, 2), ("walked", EN, 1), ("wanted", EN, 2), ("people", EN, 2), ("idea", EN, 3),
        ("nation", EN, 2), ("sometimes", EN, 2), ("yellow", EN, 2), ("yesterday", EN, 3),
        ("well-being", EN, 3), ("rhythm", EN, 2), ("x", EN, 1),
        ("não", PT, 1), ("coração", PT, 3), ("água", PT, 2), ("quente", PT, 2), ("saída", PT, 3), ("rainha", PT, 3),
        ("história", PT, 3), ("país", PT, 2), ("guarda-chuva", PT, 4), ("ao", PT, 1), ("ruim", PT, 2),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_one_speaks(word: str, language: str, count: int) -> None:
    assert syllables(word, language) == count


@settings(max_examples=150)
@given(word=st.text(max_size=40), language=st.sampled_from([EN, PT, "xx"]))
def test_any_word_has_a_syllable_and_not_more_than_letters_allow(word: str, language: str) -> None:
    assert 1 <= syllables(word.lower(), language) <= max(1, 2 * len(word))


@settings(max_examples=80, deadline=None)
@given(
    spoken=st.lists(st.text("aeioubcdrsté'- .!?\n", min_size=1, max_size=9), max_size=150),
    language=st.sampled_from([EN, PT]),
)
def test_the_ease_is_never_above_that_of_one_syllable_a_sentence(spoken: list[str], language: str) -> None:
    value = reading_ease(Reading(content(" ".join(spoken), language=language)))
    assert value is None or value <= {EN: 206.835, PT: 248.835}[language] - 1.015 - 84.6 + 1e-9


@settings(max_examples=30, deadline=None)
@given(count=st.integers(100, 300), each=st.integers(1, 60), more=st.integers(0, 40))
def test_longer_sentences_and_longer_words_never_read_easier(count: int, each: int, more: int) -> None:
    assert ease(sentences(words(count), each + more)) <= ease(sentences(words(count), each)) + 1e-9
    assert ease(sentences(words(count, 2), each)) < ease(sentences(words(count), each))
