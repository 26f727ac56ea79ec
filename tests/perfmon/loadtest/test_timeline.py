"""The course of a run: a row a second, and bounded however long it takes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfmon.loadtest.timeline import COLUMNS, MOST_ROWS, Timeline
from perfmon.series import Window

RATE, AT, P95 = (COLUMNS.index(name) for name in ("rate", "at_s", "latency_p95"))


def _window(count: int, value_ms: int) -> Window:
    window = Window()
    for _ in range(count):
        window.add(value_ms * 1_000_000)
    return window


def test_a_row_has_the_seconds_figures_in_ms_and_none_where_nothing_was_measured() -> None:
    timeline = Timeline(1000)
    timeline.add(1003, {"latency": _window(4, 50)}, {"target": 4.0, "busy": 2, "host_cpu_pct": 10.0})
    row = dict(zip(COLUMNS, timeline.to_json()["rows"][0], strict=True))

    assert (row["at_s"], row["target"], row["rate"], row["errors"]) == (3, 4.0, 4, 0)
    assert row["latency_p95"] == pytest.approx(50, rel=0.01)
    assert row["server_p95"] is None


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5000), st.integers(1, 9))
def test_a_long_course_keeps_its_rate_and_its_bound(seconds: int, rate: int) -> None:
    timeline, window = Timeline(0), Window(rate)
    for second in range(seconds):
        timeline.add(second, {"latency": window}, {})
    course = timeline.to_json()

    assert len(course["rows"]) <= MOST_ROWS
    assert {row[RATE] for row in course["rows"]} == {rate}
    assert course["step_s"] * len(course["rows"]) >= seconds


def test_of_joined_seconds_the_slowest_stays_in_sight() -> None:
    timeline = Timeline(0)
    for second in range(MOST_ROWS + 2):
        timeline.add(second, {"latency": _window(1, 900 if second == 601 else 10)}, {})
    slowest = max(timeline.to_json()["rows"], key=lambda row: row[P95])

    assert slowest[AT] == 600
    assert slowest[P95] == pytest.approx(900, rel=0.01)
