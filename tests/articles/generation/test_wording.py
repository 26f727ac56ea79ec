"""Every code that generation leaves has words, and words of models in them stay data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from articles.enums import CallOutcome
from articles.generation import wording
from articles.generation.wording import error_words, note_words, wait_words

FOLDER = Path(wording.__file__).parent
NO_FAILURE = {
    CallOutcome.OPEN, CallOutcome.OK, CallOutcome.CUT, CallOutcome.CANCELLED, CallOutcome.LOST, CallOutcome.HANDED_OVER,
}  # fmt: skip
UNEXPECTED = error_words({"code": "something new"})


def codes_of_notes() -> set[str]:
    source = "\n".join(file.read_text() for file in FOLDER.glob("*.py"))
    return set(re.findall(r'pen\.note\(\s*"(\w+)"', source))


@pytest.mark.parametrize("outcome", sorted(set(CallOutcome) - NO_FAILURE))
def test_every_way_a_call_can_fail_has_words(outcome: CallOutcome) -> None:
    assert error_words({"code": outcome.value}) != UNEXPECTED


@pytest.mark.parametrize("reason", ["none", "language", "unwell", "busy"])
def test_every_reason_why_nobody_can_be_asked_has_words(reason: str) -> None:
    assert error_words({"code": f"no_endpoint_{reason}"}) != UNEXPECTED


def test_every_note_that_a_writer_leaves_has_words() -> None:
    for code in codes_of_notes():
        assert note_words({"code": code, "title": "First crack", "words": 12, "fields": ["title", "tags"]}) != code


def test_a_note_names_the_section_and_a_percent_sign_in_it_is_only_a_sign() -> None:
    note = {"code": "repetition_cut", "section": 2, "title": "100% (arabica)s"}

    assert note_words(note) == "“100% (arabica)s” began to repeat itself and was cut there."
    assert note_words({**note, "title": ""}) == "The text began to repeat itself and was cut there."
    assert note_words({"code": "something new"}) == "something new"


def test_what_the_store_refused_is_said_with_the_reason() -> None:
    assert error_words({"code": "not_storable", "fields": {"body": ["Too long."]}}).endswith("Too long.")
    assert error_words({}) == ""


def test_a_wait_nobody_foresaw_is_a_wait_for_a_model() -> None:
    assert wait_words("something new") == wait_words("unwell")
