"""A run's charts: one axis for all, round ticks, honest scales."""

from __future__ import annotations

import pytest

from perfmon.loadtest.drawing import MOST_TICKS, clock, columns_of, draw_run, time_ticks
from perfmon.loadtest.timeline import COLUMNS

ROW = {"target": 20.0, "busy": 3, "rate": 20, "errors": 0, "latency_p95": 90.0, "host_cpu_pct": 40.0}


def series(*seconds: int, step_s: int = 1, **changes: float | None) -> dict[str, object]:
    rows = [[at_s, *({**ROW, **changes}.get(name) for name in COLUMNS[1:])] for at_s in seconds]
    return {"step_s": step_s, "start": 1000, "columns": list(COLUMNS), "rows": rows}


def chart(drawn: dict, name: str) -> dict:
    return next(one for one in drawn["charts"] if one["name"] == name)


@pytest.mark.parametrize("length_s", [1, 7, 15, 60, 121, 600, 3_600, 86_400, 604_800])
def test_times_are_few_round_and_within_the_axis(length_s: int) -> None:
    ticks = time_ticks(length_s)

    assert 2 <= len(ticks) <= MOST_TICKS + 2
    assert (ticks[0]["at"], ticks[0]["text"]) == ("0.00", "0:00")
    assert all(float(tick["at"]) <= 100 for tick in ticks)


def test_an_axis_without_length_has_no_times() -> None:
    assert time_ticks(0) == []


@pytest.mark.parametrize(("elapsed_s", "text"), [(0, "0:00"), (65.9, "1:05"), (3_600, "1:00:00"), (90_061, "25:01:01")])
def test_a_time_from_the_start_reads_as_a_clock(elapsed_s: float, text: str) -> None:
    assert clock(elapsed_s) == text


def test_missing_steps_have_a_place_without_a_value() -> None:
    columns = columns_of(series(0, 2, 8, step_s=2))

    assert columns["rate"] == [20, 20, None, None, 20]


def test_every_chart_has_the_same_steps_and_begins_at_zero() -> None:
    drawn = draw_run(series(*range(60)), [], "open", 6)

    assert {one["ticks"][-1] for one in drawn["charts"]} == {"0"}
    assert drawn["warm_up_pct"] == "10.00"
    assert {line["path"].count("L") for line in chart(drawn, "rate")["lines"]} == {59}


def test_limits_within_reach_are_drawn_and_far_ones_are_not() -> None:
    verdicts = [
        {"figure": "p95", "action": "", "limit": limit, "text": f"p95 < {limit} ms"} for limit in (100, 5_000)
    ] + [{"figure": "p95", "action": "GET /", "limit": 95, "text": "of one action"}]
    times = chart(draw_run(series(*range(9)), verdicts, "open", 0), "times")

    assert [limit["text"] for limit in times["limits"]] == ["p95 < 100 ms"]


def test_the_target_is_beside_the_throughput_when_it_is_a_rate_and_beside_the_users_when_it_is_users() -> None:
    labels = {}
    for model in ("open", "closed"):
        drawn = draw_run(series(*range(9)), [], model, 0)
        labels[model] = [[line["style"] for line in chart(drawn, name)["lines"]] for name in ("rate", "users")]

    assert labels == {"open": [["latency", "target"], ["latency"]], "closed": [["latency"], ["latency", "target"]]}


def test_what_was_never_measured_is_an_empty_chart() -> None:
    drawn = draw_run(series(*range(9), latency_p95=None), [], "open", 0)

    assert [one["name"] for one in drawn["charts"] if one["empty"]] == ["times"]
