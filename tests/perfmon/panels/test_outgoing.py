"""The page of outgoing calls: hosts and routes, and language models by provider."""

from __future__ import annotations

import pytest

from perfmon.panels import topics
from perfmon.store import rollups
from tests.perfmon.panels.seeding import NOW, add_answer, add_call, alive, store

SECOND = int(NOW)
CHAT, LIST = "api.example.org POST /v1/chat/completions", "files.example.org GET /list"
pytestmark = pytest.mark.django_db


def panel(name: str, range_: str = "5m"):
    return topics.payload(f"outgoing/{range_}", NOW)["panels"][name]


def store_calls() -> None:
    windows = alive()
    add_call(windows, CHAT, [200] * 18 + [900])
    add_call(windows, CHAT, [30] * 2, end="4xx")
    add_call(windows, CHAT, [5_000], end="failed")
    add_call(windows, LIST, [10] * 4)
    store({SECOND - 3: windows})


def test_hosts_and_routes_come_by_their_share_of_the_time_with_how_they_ended():
    store_calls()
    first, second = panel("calls")["calls"]
    assert (first["host"], first["route"]) == ("api.example.org", "POST /v1/chat/completions")
    assert (first["p50"], first["p95"], first["p99"]) == ("200\xa0ms", "902\xa0ms", "5.00\xa0s")
    assert (first["errors"], first["is_failing"], first["ends"]) == ("13.6%", True, "4xx 2 · no answer 1")
    assert (second["host"], second["rate"], second["errors"], second["ends"]) == (
        "files.example.org",
        "0.80/min",
        "0%",
        "",
    )
    assert second["is_failing"] is False


def test_the_figures_are_over_all_hosts():
    store_calls()
    found = {figure["name"]: figure for figure in panel("outgoing_figures")["figures"]}
    assert (found["failed"]["text"], found["first"]["text"]) == ("11.5", "–")


def test_charts_tell_times_ends_and_first_tokens():
    store_calls()
    times, ends, first = panel("charts")["charts"]
    assert [series["label"] for series in times["series"]] == ["p50", "p95", "p99"]
    found = {series["label"]: max(value or 0 for value in series["values"]) for series in ends["series"]}
    assert found == {"2xx": 7.67, "3xx": 0, "4xx": 0.667, "5xx": 0, "no answer": 0.333}  # of the 3 s of the last step
    assert first["targets"][0]["label"] == "p95 target 3\xa0s"


def test_a_provider_has_its_first_token_speed_tokens_cost_and_how_its_calls_ended():
    windows = alive()
    for _ in range(9):
        add_answer(windows, "openai", first_ms=400, total_ms=4_000)
    add_answer(windows, "openai", first_ms=None, total_ms=30_000, outcome="server_error")
    add_answer(windows, "bundled", first_ms=3_500, total_ms=61_000)
    store({SECOND - 3: windows})
    first, second = panel("providers")["providers"]

    assert (first["name"], first["first_p50"], first["first_p95"], first["first_over"]) == (
        "openai",
        "400\xa0ms",
        "400\xa0ms",
        False,
    )
    assert (first["speed"], first["tokens_in"], first["tokens_out"]) == ("49.9/s", "7.00\xa0k", "900")
    assert (first["cost"], first["errors"], first["ends"]) == ("US$\xa00.0200", "10.0%", "ok 9 · server error 1")
    assert (first["total_over"], first["is_failing"]) == (False, True)
    assert (second["first_over"], second["total_over"]) == (True, True)


def test_limits_are_those_of_the_settings(settings):
    settings.PERF_BUDGETS = {"provider_first_token_ms": 200}
    windows = alive()
    add_answer(windows, "openai", first_ms=400, total_ms=4_000)
    store({SECOND - 3: windows})
    data = panel("providers")
    assert (data["first_limit"], data["total_limit"]) == ("200\xa0ms", "1\xa0min")
    assert data["providers"][0]["first_over"] is True


def test_a_model_that_costs_nothing_says_so():
    windows = alive()
    add_answer(windows, "bundled", first_ms=100, total_ms=200)
    del windows[next(key for key in windows if key.kind == "provider_cost")]
    store({SECOND - 3: windows})
    assert panel("providers")["providers"][0]["cost"] == "US$\xa00"


def test_more_routes_than_are_listed_are_counted():
    windows = alive()
    for number in range(63):
        add_call(windows, f"host{number:02}.org GET /", [1])
    store({SECOND - 3: windows})
    data = panel("calls")
    assert (len(data["calls"]), data["others"]) == (60, "3 more routes")


def test_nothing_called_leaves_both_tables_empty():
    assert (panel("calls")["calls"], panel("providers")["providers"]) == ([], [])


def test_a_long_range_is_read_from_the_rollups():
    windows = alive()
    add_call(windows, LIST, [10] * 5)
    rollups.write_minute(SECOND // 60 * 60 - 7_200, windows)
    assert panel("calls", "24h")["calls"][0]["p50"] == "10.0\xa0ms"
