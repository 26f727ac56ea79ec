"""Loops of small models are noticed while they stream; good prose is left alone.

``loops.json`` holds texts that the bundled model wrote without penalties, in Portuguese and English.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.fake.texts import Writer
from articles.fake.words import VOCABULARIES
from articles.generation.repetition import LoopGuard
from articles.starter import read_starter

LOOPS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "loops.json").read_text())
CHARS_PER_TOKEN = 4
PROSE = (
    "A hen house must keep its birds dry and keep foxes out. Choose a raised one with a solid floor, because predators "
    "dig and rats gnaw. Each hen needs a foot of perch to sleep on and a quiet box to lay in. "
)


def fed(text: str, step: int = 7) -> tuple[int | None, int]:
    """Stream a text into a guard; return where it cuts, and after how many characters it said so."""
    guard = LoopGuard()
    for end in range(0, len(text) + step, step):
        cut = guard(text[:end])
        if cut is not None:
            return cut, min(end, len(text))
    return None, len(text)


@pytest.mark.parametrize("loop", LOOPS, ids=lambda loop: f"{loop['language']} {loop['topic']}")
def test_a_loop_of_the_bundled_model_is_cut(loop: dict[str, Any]) -> None:
    cut, seen = fed(loop["text"])
    assert cut is not None
    assert seen - cut <= 65 * CHARS_PER_TOKEN
    assert fed(loop["text"][:cut])[0] is None  # what is kept is good


@pytest.mark.parametrize(
    "loop",
    [
        "It is good. " * 20,
        "very " * 30,
        "The hens are a part of the garden and the garden is a part of the hens. " * 5,
        "- The ability to be changed\n- The ability to be used\n" * 12,
        "1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1" * 3,
        "1.1." * 90,
        "aaaaaaaaaaaaaaaa" * 20,
        "{}[]<>@@ $$ ^^ ~~ \\\\ " * 30,
    ],
)
def test_a_loop_is_noticed_within_forty_tokens_and_cut_before_it(loop: str) -> None:
    cut, seen = fed(PROSE + loop)
    assert cut is not None
    assert len(PROSE) - 1 <= cut <= len(PROSE) + 160
    assert seen - cut <= 65 * CHARS_PER_TOKEN


def test_a_list_that_never_ends_is_cut() -> None:
    words = [
        f"{a}{b}" for a in ("red", "blue", "green", "old", "new", "wild") for b in ("wood", "stone", "field", "brook")
    ]
    cut, _seen = fed("".join(f"{n}. {word} {word[::-1]}\n" for n, word in enumerate(words, 1)))
    assert cut is not None


def test_a_sentence_that_never_ends_is_cut() -> None:
    words = random.Random(1).sample(
        [f"{a}{b}" for a in "bcdfghklmn" for b in ("ag", "el", "it", "on", "ur", "am", "ed", "il")], 80
    )
    assert fed(" ".join(words + [word[::-1] for word in words]) + " end")[0] is not None


@pytest.mark.parametrize("article", read_starter(), ids=lambda article: article.slug)
def test_people_s_articles_are_left_alone(article: Any) -> None:
    assert fed(article.body)[0] is None
    for section in re.split(r"\n## ", article.body):
        assert fed(section)[0] is None


@pytest.mark.parametrize("language", sorted(VOCABULARIES))
@pytest.mark.parametrize("seed", range(5))
def test_made_up_articles_are_left_alone(language: str, seed: int) -> None:
    vocabulary = VOCABULARIES[language]
    body = Writer(vocabulary, min(vocabulary.topics), random.Random(seed)).text().body
    for section in re.split(r"\n#+ ", body):
        assert fed(section, step=40)[0] is None


def test_tables_code_and_addresses_are_left_alone() -> None:
    table = "| a | b |\n| --- | --- |\n" + "| 1 | 2 |\n" * 12
    code = "```\n" + "total = total + 1\n" * 12 + "```\n"
    link = "[a page](https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa)"
    assert fed(f"{PROSE}\n\n{table}\n{code}\n{link} is a page.")[0] is None


@given(st.integers(1, 60), st.integers(0, len(LOOPS) - 1))
def test_where_it_cuts_does_not_depend_on_how_the_text_came(step: int, number: int) -> None:
    text = LOOPS[number]["text"]
    assert fed(text, step)[0] == fed(text, 1)[0]


@given(st.text())
def test_any_text_can_be_watched(text: str) -> None:
    cut = fed(text, 3)[0]
    assert cut is None or 0 <= cut <= len(text)
