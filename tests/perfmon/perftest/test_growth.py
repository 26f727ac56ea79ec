"""Growth of memory: a leak is found among noise and jumps; what grows once, levels off or comes back is none."""

from __future__ import annotations

from itertools import accumulate
from math import exp
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.perftest.growth import IN_JUMPS, MIN_READINGS, Drift, Reading, growth_of

LIMIT = 100.0
EACH = 200  # requests between two readings, as of 20,000
COUNT = 76
noises = st.lists(st.floats(-1, 1), min_size=COUNT, max_size=COUNT)
heights = st.integers(0, 10**9)
jump_lists = st.lists(heights, max_size=8)  # as many as may lie in one third of the readings
chances = st.randoms(use_true_random=False)


def lasting(of, drift=Drift(), pace_s=0.0):  # noqa: B008
    """What is found of memory as a function of the requests answered."""
    readings = [Reading(at * EACH, round(of(at * EACH)), at * EACH * pace_s) for at in range(COUNT)]
    return growth_of(readings, drift).lasting_bytes


def jumping(chance: Random, jumps: list[int], leak: float):
    """Memory that leaks, with jumps here and there."""
    steps = [0] * (COUNT - 1 - len(jumps)) + jumps
    chance.shuffle(steps)
    heights_ = list(accumulate(steps, initial=0))
    return lambda x: leak * x + heights_[x // EACH]


@given(noises, st.floats(200, 5000), heights)
def test_a_leak_of_200_bytes_a_request_is_found_in_any_noise_of_ten_kilobytes(noise, leak, start):
    assert lasting(lambda x: start + leak * x + 9_900 * noise[x // EACH]) > LIMIT


@given(chances, jump_lists, st.floats(200, 5000))
def test_it_is_found_by_its_size_among_jumps_of_any_height(chance, jumps, leak):
    assert lasting(jumping(chance, jumps, leak)) >= leak - 1


@given(chances, jump_lists, st.floats(0, 99))
def test_jumps_make_no_leak_of_what_is_none(chance, jumps, leak):
    found = lasting(jumping(chance, [min(one, 400_000) for one in jumps], leak))
    assert found <= LIMIT


@given(noises)
def test_noise_alone_is_no_leak(noise):
    assert lasting(lambda x: 200_000 * noise[x // EACH]) <= LIMIT


@given(heights, st.floats(0, COUNT * EACH))
def test_one_step_of_any_height_anywhere_is_no_leak(height, at):
    assert lasting(lambda x: height if x >= at else 0) <= LIMIT


@given(st.floats(0, 1e5), st.floats(0, 0.6))
def test_a_cache_that_fills_until_two_thirds_is_no_leak(slope, share):
    full = COUNT * EACH * share
    assert lasting(lambda x: slope * min(x, full)) <= LIMIT


@given(st.floats(1e4, 1e7), st.floats(50, 1500))
def test_what_comes_ever_closer_to_a_bound_is_no_leak(height, pace):
    assert lasting(lambda x: height * (1 - exp(-x / pace))) <= LIMIT


@given(st.integers(400, 2000), st.floats(0, 1e3))
def test_garbage_that_is_taken_away_again_and_again_is_no_leak(period, slope):
    assert lasting(lambda x: slope * (x % period)) <= LIMIT


def test_a_leak_in_blocks_is_found_from_ten_times_the_limit_on():
    assert lasting(lambda x: (x // 1000) * 2_000_000) > LIMIT  # 2,000 bytes a request
    assert lasting(lambda x: (x // 1000) * 500_000) <= LIMIT
    assert IN_JUMPS == 10


@given(st.floats(0, 1e5), st.floats(0.001, 0.1), st.floats(0, 1000))
def test_what_grows_with_time_is_taken_off(a_second, pace_s, leak):
    drift = Drift(a_second, a_second)
    assert lasting(lambda x: a_second * pace_s * x + leak * x, drift, pace_s) == pytest.approx(leak, abs=1)


@given(chances, jump_lists, st.floats(200, 1000))
def test_what_comes_with_time_in_jumps_hides_no_leak(chance, jumps, leak):
    assert lasting(jumping(chance, jumps, leak), Drift(0, 1e6), 0.005) >= leak - 1


def test_a_server_that_gives_memory_back_does_not_leak():
    assert lasting(lambda x: 1e8 - 500 * x) < 0


def test_too_few_readings_say_nothing():
    with pytest.raises(ValueError, match=f"{MIN_READINGS - 1} readings"):
        growth_of([Reading(x, x, x) for x in range(MIN_READINGS - 1)])
