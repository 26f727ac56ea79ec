"""Titles that pass, and those that stand in: an outline has always at least three, each about something else."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.generation.outlines import LEAST_TITLES, filled_up, outline_schema, titles_in
from articles.generation.wishes import ArticleWish

WISH = ArticleWish(title="Why bees matter to a farm")


def listed(*titles: str) -> str:
    return json.dumps({"titles": titles})


def test_good_titles_pass_in_their_order() -> None:
    titles = ["Pollen and fruit", "What a hive needs", "Bees in a cold spring"]
    assert titles_in(listed(*titles), WISH) == titles


@pytest.mark.parametrize(
    "title",
    [
        "Bees", "Why bees matter to a farm", "What they can do for the", "Section title 1", "Enjoying fresh eggs",
        "One two three four five six seven eight nine ten", "Yourhealthspeedsupitamaximalllives now", "What is it?",
    ],
)  # fmt: skip
def test_a_title_that_says_nothing_or_is_broken_does_not_pass(title: str) -> None:
    assert titles_in(listed(title), WISH) == []


def test_of_titles_that_are_alike_the_first_passes() -> None:
    assert titles_in(listed("The pull of the moon", "Pull of the moon", "How tides turn"), WISH) == [
        "The pull of the moon", "How tides turn",
    ]  # fmt: skip


def test_near_a_subject_only_titles_that_share_a_word_with_it_pass() -> None:
    assert titles_in(listed("Brewed with love", "Farming and its bees"), WISH, near=True) == ["Farming and its bees"]


def test_a_subject_of_short_words_has_titles_near_it() -> None:
    wish = ArticleWish(title="Why bees matter")
    assert titles_in(listed("The life of a bee", "Bees in winter", "A quiet sea"), wish, near=True) == [
        "The life of a bee", "Bees in winter",
    ]  # fmt: skip


def test_a_list_that_is_no_json_is_read_by_its_lines() -> None:
    assert titles_in("Sure:\n1. Pollen and fruit\n2. What a hive needs\n", WISH) == [
        "Pollen and fruit",
        "What a hive needs",
    ]


@given(st.text() | st.lists(st.text()).map(lambda titles: json.dumps({"titles": titles})), st.integers(3, 7))
def test_any_answer_makes_an_outline_of_the_length_asked(answer: str, count: int) -> None:
    titles = filled_up(titles_in(answer, WISH), count, WISH)
    assert len(titles) == max(count, LEAST_TITLES)
    assert len(set(titles)) == len(titles)
    assert all(len(re.findall(r"[^\W_]+", title)) > 1 for title in titles)


@pytest.mark.parametrize(
    "title", ["Why bees matter", "Onde as abelhas voam", "What is a hive?", "Água e néctar no verão"]
)
def test_the_schema_lets_good_titles_through(title: str) -> None:
    assert re.fullmatch(outline_schema(3)["properties"]["titles"]["items"]["pattern"].strip("^$"), title)
