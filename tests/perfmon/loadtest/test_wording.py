"""What a run has to say is said in words, in the reader's language."""

from __future__ import annotations

import re
from pathlib import Path

from django.utils import translation

import perfmon.loadtest
from perfmon.loadtest.generator.protocol import REASONS
from perfmon.loadtest.reasons import reason_text
from perfmon.loadtest.thresholds import judge, parse
from perfmon.loadtest.wording import NOTES, note_text, verdict_text

FOLDER = Path(perfmon.loadtest.__file__).parent


def test_every_note_that_is_made_has_words() -> None:
    code = "\n".join(path.read_text() for path in FOLDER.glob("*.py"))
    made = set(re.findall(r'"code": "(\w+)"', code))

    assert {"stopped", "died", "not_started", "unstartable", "left_open"} <= made
    assert made - NOTES.keys() == set()


def test_a_note_is_read_in_the_readers_language() -> None:
    note = {"code": "left_open", "exit_code": 7}

    assert "code 7" in note_text(note)
    with translation.override("pt-br"):
        assert "código 7" in note_text(note)


def test_every_reason_of_the_generator_has_words_and_a_status_is_its_own() -> None:
    with translation.override("pt-br"):
        assert [reason for reason in REASONS if reason_text(reason) == reason] == []
        assert reason_text("503") == "503"


def test_a_verdict_has_the_decimal_sign_of_the_language() -> None:
    figures = {"latency": {"p95": 12.34}, "error_pct": 0.0, "rate": 1.0, "count": 5}
    (verdict,) = judge([parse("p95 < 5 ms")], {"total": figures, "actions": []})

    assert verdict_text(verdict) == "p95: 12.3 ms, less than 5 ms wanted"
    with translation.override("pt-br"):
        assert "12,3 ms" in verdict_text(verdict)
