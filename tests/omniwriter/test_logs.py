"""A line of the log says what it belongs to; one that would repeat itself a thousand times a second is said once."""

from __future__ import annotations

import logging

import pytest

from omniwriter.logs import OncePer, TraceOf
from perfmon.context import carried


def record(line: int = 1) -> logging.LogRecord:
    return logging.LogRecord("cache", logging.ERROR, "cache.py", line, "%s is away", ("Valkey",), None)


def test_one_record_a_source_line_passes_in_the_interval() -> None:
    sparing = OncePer(10)

    assert [sparing.filter(record()) for _ in range(3)] == [True, False, False]
    assert sparing.filter(record(line=2))


def test_the_next_record_that_passes_says_how_many_were_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter((100.0, 101.0, 102.0, 111.0))
    monkeypatch.setattr("omniwriter.logs.time.monotonic", lambda: next(clock))
    sparing = OncePer(10)
    passed = [later for later in (record() for _ in range(4)) if sparing.filter(later)]

    assert [later.getMessage() for later in passed] == ["Valkey is away", "Valkey is away (2 more like it in 11 s)"]


@pytest.mark.parametrize(("trace", "shown"), [("ab" * 16, f" [{'ab' * 16}]"), ("", "")])
def test_a_line_names_the_trace_it_belongs_to(trace: str, shown: str) -> None:
    token = carried.set(trace)
    line = record()
    try:
        assert TraceOf().filter(line)
    finally:
        carried.reset(token)
    assert logging.Formatter("{name}{trace}: {message}", style="{").format(line) == f"cache{shown}: Valkey is away"
