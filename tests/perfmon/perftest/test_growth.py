"""Growth of memory: a leak is found among noise; what grows once, levels off or comes back is none."""

from __future__ import annotations

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.perftest.growth import MIN_READINGS, growth_of

LIMIT = 100.0
EACH = 200  # requests between two readings, as of 20,000
COUNT = 76
noises = st.lists(st.floats(-1, 1), min_size=COUNT, max_size=COUNT)


def readings(of):
    return [(at * EACH, of(at * EACH)) for at in range(COUNT)]


@given(noises, st.floats(200, 5000), st.integers(0, 10**9))
def test_a_leak_of_200_bytes_a_request_is_found_in_any_noise_of_200_kilobytes(noise, leak, start):
    found = growth_of([(x, start + leak * x + 50_000 * noise[at]) for at, (x, _) in enumerate(readings(lambda x: 0))])
    assert found.lasting_bytes > LIMIT


@given(noises)
def test_noise_alone_is_no_leak(noise):
    points = [(x, 200_000 * noise[at]) for at, (x, _) in enumerate(readings(lambda x: 0))]
    assert growth_of(points).lasting_bytes <= LIMIT


@given(st.floats(0, 1e9), st.floats(0, COUNT * EACH))
def test_one_step_of_any_height_anywhere_is_no_leak(height, at):
    assert growth_of(readings(lambda x: height if x >= at else 0)).lasting_bytes <= LIMIT


@given(st.floats(0, 1e5), st.floats(0, 0.6))
def test_a_cache_that_fills_until_two_thirds_is_no_leak(slope, share):
    full = COUNT * EACH * share
    assert growth_of(readings(lambda x: slope * min(x, full))).lasting_bytes <= LIMIT


@given(st.floats(1e4, 1e7), st.floats(50, 1500))
def test_what_comes_ever_closer_to_a_bound_is_no_leak(height, pace):
    assert growth_of(readings(lambda x: height * (1 - exp(-x / pace)))).lasting_bytes <= LIMIT


@given(st.integers(400, 3000), st.floats(0, 1e4))
def test_garbage_that_is_taken_away_again_and_again_is_no_leak(period, slope):
    assert growth_of(readings(lambda x: slope * (x % period))).lasting_bytes <= max(LIMIT, slope * period / 5000)


def test_a_server_that_gives_memory_back_does_not_leak():
    found = growth_of(readings(lambda x: 1e8 - 500 * x))
    assert found.lasting_bytes == pytest.approx(-500)


def test_too_few_readings_say_nothing():
    with pytest.raises(ValueError, match=f"{MIN_READINGS - 1} readings"):
        growth_of([(x, x) for x in range(MIN_READINGS - 1)])
