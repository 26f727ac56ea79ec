"""Limits on one token: calls a minute and endpoints a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.cache import cache

from perfmon.limits import FORGET_S, EndpointRegister, MinuteCounter, calls_here, count_call

MINUTE = 1_800_000_000.0  # on the minute grid


@pytest.fixture(autouse=True)
def unused() -> None:
    cache.clear()
    calls_here.clear()


def test_calls_are_counted_within_their_minute() -> None:
    first = count_call(1, limit=2, now=MINUTE + 20)
    assert (first.used, first.reset_s, first.exceeded) == (1, 40, False)
    assert not count_call(1, limit=2, now=MINUTE + 59.9).exceeded
    assert count_call(1, limit=2, now=MINUTE + 59.9).exceeded
    assert count_call(1, limit=2, now=MINUTE + 60).used == 1


def test_only_a_refused_call_is_told_to_retry() -> None:
    assert "Retry-After" not in count_call(1, limit=1, now=MINUTE).headers
    refused = count_call(1, limit=1, now=MINUTE + 15).headers
    assert (refused["Retry-After"], refused["RateLimit-Remaining"]) == ("45", "0")


def test_the_counter_of_this_process_keeps_no_past_minutes() -> None:
    counter = MinuteCounter()
    for token_id in range(100):
        counter.count(token_id, period=1)
    assert counter.count(7, period=2) == 1
    assert len(counter._counts) == 1


def test_a_refused_call_takes_no_places() -> None:
    register = EndpointRegister()
    assert register.admit(1, ["a", "b", "c"], limit=2) == "c"
    assert register.admit(1, ["d", "e"], limit=2) is None
    assert register.admit(1, ["a"], limit=2) == "a"


def test_tokens_have_places_of_their_own() -> None:
    register = EndpointRegister()
    assert register.admit(1, ["a"], limit=1) is None
    assert register.admit(2, ["b"], limit=1) is None


def test_an_endpoint_not_named_for_a_day_gives_its_place_free(monkeypatch: Any) -> None:
    clock = [1000.0]
    monkeypatch.setattr("perfmon.limits.time.monotonic", lambda: clock[0])
    register = EndpointRegister()
    register.admit(1, ["a", "b"], limit=2)
    clock[0] += FORGET_S - 1
    register.admit(1, ["b"], limit=2)
    clock[0] += 1
    assert register.admit(1, ["c"], limit=2) is None
    assert register.admit(1, ["a"], limit=2) == "a"


def test_threads_at_once_take_no_more_places_than_there_are() -> None:
    register = EndpointRegister()
    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(lambda number: register.admit(1, [f"e{number}"], limit=50), range(200)))
    assert refused.count(None) == 50
