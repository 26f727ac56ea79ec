"""Advice on length, frame and headings: each kind just past its threshold, with a line and a way to mend it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articles.content import Content
from articles.enums import Language
from articles.quality.hints import Level, hints_of
from articles.quality.reading import Reading
from articles.studio.hints import topic_names
from tests.articles.quality.texts import ENGLISH, PORTUGUESE, advice, found, lines, sentences, words

pytestmark = pytest.mark.django_db

MARKS = st.sampled_from(
    ["# ", "## ", "- ", "> ", "![", "[", "](", ")", "<", ">", "https://a.example/", "/articles/x/", "//[", "word ",
     "palavra ", ". ", "! ", "… ", "\n", "\n\n", "`", "```\n", "|", "---|", "**", "\\", "é", "\u0301", "\u2028", "\x00"]
)  # fmt: skip
TEXT = st.one_of(st.lists(MARKS, max_size=60).map("".join), st.text(max_size=120))


def test_a_good_text_is_left_in_peace() -> None:
    assert advice(ENGLISH) == []
    assert advice(PORTUGUESE, language=Language.PORTUGUESE.value) == []


# Each is a fault and the largest or smallest that is none.
EDGES: list[tuple[str, Level, dict[str, Any], dict[str, Any], str]] = [
    ("length.empty", Level.ADVICE, {"body": "1 2 3"}, {"body": "Words"}, "needs one"),
    ("length.short", Level.INFO, {"body": sentences(words(149))}, {"body": sentences(words(150))}, "149 words"),
    ("length.partial", Level.INFO, {"body": ENGLISH + "[" * 4_999}, {"body": ENGLISH + "[" * 4_998}, "5000 brackets"),
    ("frame.long_title", Level.INFO, {"title": "t" * 66}, {"title": "t" * 65}, "Shorten it"),
    ("frame.no_category", Level.INFO, {"category_id": None}, {"category_id": 7}, "Choose one"),
    ("frame.no_excerpt", Level.INFO, {"excerpt": ""}, {"excerpt": "e"}, "Write a sentence"),
    ("frame.short_description", Level.INFO, {"excerpt": "e" * 49}, {"excerpt": "e" * 50}, "only 49 characters"),
    ("frame.long_description", Level.INFO, {"excerpt": "e" * 161}, {"excerpt": "e" * 160}, "161 characters"),
    ("headings.none", Level.ADVICE, {"body": sentences(words(601))}, {"body": sentences(words(600))}, "601 words"),
    ("headings.empty", Level.ADVICE, {"body": "##\n\nWords"}, {"body": "## A\n\nWords"}, "take it out"),
    ("headings.jump", Level.ADVICE, {"body": "## A\n\n#### B"}, {"body": "## A\n\n### B"}, "Use ###"),
]


@pytest.mark.parametrize(("code", "level", "fault", "fine", "says"), EDGES, ids=[edge[0] for edge in EDGES])
def test_a_hint_appears_just_past_its_threshold_and_says_what_to_do(
    code: str, level: Level, fault: dict[str, Any], fine: dict[str, Any], says: str
) -> None:
    (hint,) = found(code, **fault)
    assert hint.level == level
    assert says in hint.message
    assert found(code, **fine) == []


def test_the_search_title_and_description_stand_in_for_the_others() -> None:
    assert advice(title="t" * 200, seo_title="Short") == []
    assert advice(excerpt="Short", seo_description="d" * 100) == []
    assert found("frame.long_title", seo_title="t" * 66)
    assert found("frame.long_description", seo_description="d" * 161)


def test_a_description_has_one_fault_at_most() -> None:
    for excerpt in ("", "e", "e" * 300):
        assert len(advice(excerpt=excerpt)) == 1


def test_an_empty_text_is_not_called_short() -> None:
    assert [hint.code for hint in advice("")] == ["length.empty"]


def test_what_comes_after_too_many_brackets_is_not_looked_at() -> None:
    assert found("images.no_alt", "[" * 4_990 + "\n\n![](x.png)")
    assert found("images.no_alt", "[" * 5_001 + "\n\n![](x.png)") == []


def test_headings_are_told_by_their_line() -> None:
    text = "# One\n\nWords.\n\n### Three\n\n## \n\nMore\nwords.\n\n##### Five\n"
    assert lines("headings.jump", text) == [5, 12]
    assert lines("headings.empty", text) == [7]


def test_the_first_heading_may_have_any_level_and_later_ones_may_rise() -> None:
    assert found("headings.jump", "### A\n\n#### B\n\n# C\n\n## D") == []


def test_one_heading_is_enough_for_a_long_text() -> None:
    assert found("headings.none", "## Here\n\n" + sentences(words(2_000))) == []


def test_code_is_not_looked_at() -> None:
    text = f"{ENGLISH}\n```\n![](x)\n[](y)\n# \nthe the the\n```\n\n    word word word word\n\n`![](z)`\n"
    assert advice(text) == []


def test_each_hint_belongs_to_a_topic_of_the_panel() -> None:
    text = f"# A\n\n### \n\nthe the ![]() [here](https://a.example/) {sentences(words(40), 40)}"
    hints = advice(text, title="t" * 80, category_id=None, excerpt="")
    assert {hint.topic for hint in hints} <= set(topic_names())
    assert len({hint.topic for hint in hints}) == 7


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(title=TEXT, body=TEXT, excerpt=TEXT, language=st.sampled_from([*Language.values, "xx"]))
def test_any_text_gets_its_advice_with_lines_that_are_there(title: str, body: str, excerpt: str, language: str) -> None:
    hints = hints_of(Reading(Content(title=title, body=body, excerpt=excerpt, language=language)))
    last = len(body.splitlines()) + 1
    assert all(hint.message and (hint.line is None or 1 <= hint.line <= last) for hint in hints)
