"""Thresholds: one line each, and a mistake in one says how it should read."""

from __future__ import annotations

from typing import Any

import pytest

from perfmon.loadtest.thresholds import ThresholdError, judge, parse, unknown_actions


def _line(name: str, **changes: Any) -> dict[str, Any]:
    latency = {"p50": 100.0, "p95": 400.0, "p99": 700.0, "mean": 150.0, "max": 900.0}
    return {"name": name, "count": 50, "error_pct": 0.5, "rate": 20.0, "latency": latency} | changes


SUMMARY = {
    "total": _line(""),
    "actions": [_line("GET /"), _line("GET /slow", latency={"p95": 2500.0}), _line("POST /", count=0)],
}


@pytest.mark.parametrize(
    ("text", "limit", "unit"),
    [
        ("p95 < 500 ms", 500, "ms"),
        ("P99 <= 1.5 s", 1500, "ms"),
        ("p50<20ms", 20, "ms"),
        ("errors < 1 %", 1, "%"),
        ("rate > 18 /s", 18, "/s"),
        ("GET /api/articles: max < 2 s", 2000, "ms"),
    ],
)
def test_a_line_is_read_in_the_figures_own_unit(text: str, limit: float, unit: str) -> None:
    threshold = parse(text)
    assert (threshold.limit, threshold.unit) == (limit, unit)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("fast", "Write it like"),
        ("p95 < 500", "Write it like"),
        ("p42 < 500 ms", "figures are p50"),
        ("p95 < 500 %", "measured in ms or s"),
        ("errors < 1 ms", "measured in %"),
        ("p95 > 500 ms", "written with '<'"),
        ("rate < 5 /s", "written with '>'"),
    ],
)
def test_what_is_no_threshold_says_how_to_write_one(text: str, fix: str) -> None:
    with pytest.raises(ThresholdError, match=fix) as found:
        parse(text)
    assert repr(text) in str(found.value)


@pytest.mark.parametrize(
    ("text", "measured", "passed"),
    [
        ("p95 < 500 ms", 400.0, True),
        ("p95 < 400 ms", 400.0, False),
        ("errors < 0.5 %", 0.5, False),
        ("rate > 19 /s", 20.0, True),
        ("GET /slow: p95 < 1 s", 2500.0, False),
        ("POST /: p95 < 1 s", None, False),
    ],
)
def test_a_verdict_says_what_was_measured(text: str, measured: float | None, passed: bool) -> None:
    (verdict,) = judge([parse(text)], SUMMARY)
    assert (verdict["measured"], verdict["passed"], verdict["text"]) == (measured, passed, text)


def test_a_threshold_of_an_action_nobody_does_is_found_before_the_run() -> None:
    limits = [parse("GET /: p95 < 1 s"), parse("GET /missing: p95 < 1 s"), parse("errors < 1 %")]
    assert unknown_actions(limits, ["GET /"]) == ["GET /missing"]
