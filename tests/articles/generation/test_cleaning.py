"""What a model says around a section is taken out of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.generation.cleaning import cleaned, ended, is_meagre, without_repeats

GOOD = "Hens need a dry house. Foxes dig, so give it a solid floor.\n\n- a perch\n- a nest box\n\nThat is all."


def test_a_good_section_stays_as_it_is() -> None:
    assert cleaned(GOOD, "Building a safe hen house") == GOOD


@pytest.mark.parametrize(
    "preface",
    [
        "Sure, here is the section:\n\n", "Here's a short section about hens:\n", "Certainly! ",
        "I'm thrilled to share my thoughts on hens. ", "Ladies and gentlemen, welcome to my blog. ",
        "## Building a safe hen house\n\n", "**Building a safe hen house**\n", "Building a safe hen house\n\n",
        "Section: Building a safe hen house\n\n", "Claro, aqui está o texto:\n", "---\n", "<|im_start|>",
        "As an expert, I have kept hens for years. ",
    ],
)  # fmt: skip
def test_what_is_said_before_is_taken_out(preface: str) -> None:
    assert cleaned(preface + GOOD, "Building a safe hen house") == GOOD


@pytest.mark.parametrize(
    "aside",
    [
        "In this article, we will see why.",
        "I hope this helps.",
        "It gives facts and practical advice on it.",
        "The article discusses hens.",
    ],
)
def test_what_is_said_about_the_text_is_taken_out(aside: str) -> None:
    assert cleaned(f"Hens need a dry house. {aside} Foxes dig.", "Hens") == "Hens need a dry house. Foxes dig."


def test_headings_inside_are_taken_out() -> None:
    assert cleaned("Dry.\n\n### More about it\n\nSafe.", "Hens") == "Dry.\n\nSafe."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A whole one. And a bro", "A whole one."), ("No end at all", "No end at all"),
        ("One.\n\n1. **First**: do it.\n2.", "One.\n\n1. **First**: do it."), ('He said "no." Then', 'He said "no."'),
        ("It costs 2.5 or so. Half a", "It costs 2.5 or so."),
    ],
)  # fmt: skip
def test_a_text_ends_with_a_sentence(text: str, kept: str) -> None:
    assert ended(text) == kept
    assert cleaned(text, "x", is_whole=False) == kept


def test_sentences_of_earlier_sections_are_taken_out_but_not_from_lists() -> None:
    earlier = "The world is a vast place that is filled with bees and flowers."
    text = f"{earlier} Hives cost 2.5 times more now.\n\n1. {earlier}"
    assert without_repeats(text, earlier) == f"Hives cost 2.5 times more now.\n\n1. {earlier}"
    assert without_repeats("Short one. New.", "Short one.") == "Short one. New."


def test_beginnings_that_are_alike_are_taken_out_of_a_small_model_s_text() -> None:
    earlier = "The world is a vast and wondrous place full of bees."
    text = "The world is a vast and teeming place for everybody. However, hives are few."
    assert without_repeats(text, earlier, alike=True) == "Hives are few."
    assert without_repeats(text, earlier) == text


def test_a_third_of_what_was_asked_is_enough() -> None:
    assert is_meagre("word " * 30, 100)
    assert not is_meagre("word " * 40, 100)


@given(st.text(), st.text(max_size=20))
def test_cleaning_never_adds_a_word(text: str, title: str) -> None:
    assert len(cleaned(text, title)) <= len(text)
