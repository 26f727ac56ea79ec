"""Slopes: exact on lines, bounded with bounded noise, deaf to outliers and to jumps, in a band that holds them."""

from __future__ import annotations

from itertools import accumulate
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.perftest.slopes import MIN_POINTS, slope_of_all, slope_of_neighbours

BOTH = pytest.mark.parametrize("slope_of", [slope_of_all, slope_of_neighbours])
numbers = st.integers(-(10**6), 10**6)
noises = st.lists(st.floats(-1, 1), min_size=MIN_POINTS, max_size=60)


@BOTH
@given(numbers, numbers, st.integers(MIN_POINTS, 40))
def test_a_line_has_its_slope_and_a_band_of_no_width(slope_of, slope, start, count):
    found = slope_of([(x, start + slope * x) for x in range(count)])
    assert (found.low, found.value, found.high) == (slope, slope, slope)


@BOTH
@given(noises, numbers, numbers)
def test_what_is_added_to_every_reading_changes_nothing_and_a_line_only_the_slope(slope_of, noise, start, slope):
    found = slope_of(list(enumerate(noise)))
    moved = slope_of([(x, y + start + slope * x) for x, y in enumerate(noise)])
    assert moved.value == pytest.approx(found.value + slope, abs=1e-6 * (1 + abs(start) + abs(slope)))
    assert found.low <= found.value <= found.high


@given(st.floats(-1e6, 1e6), noises, st.floats(0, 1e6))
def test_bounded_noise_moves_that_of_all_no_further_than_it_can_tilt_half_of_the_pairs(slope, noise, height):
    found = slope_of_all([(x, slope * x + height * one) for x, one in enumerate(noise)])
    # More than half of the pairs lie at least this far apart, and each of them is tilted by no more than 2 heights.
    apart = max(1, int(0.29 * len(noise)))
    assert abs(found.value - slope) <= 2 * height / apart + 1e-6 * (1 + abs(slope) + height)


@given(st.randoms(use_true_random=False), st.floats(-1e9, 1e9))
def test_a_fifth_of_the_readings_may_be_anything_for_that_of_all(chance: Random, wild):
    points = [(float(x), 7.0 * x) for x in range(40)]
    for at in chance.sample(range(40), 8):
        points[at] = (points[at][0], wild)
    assert slope_of_all(points).value == pytest.approx(7.0)


@given(st.randoms(use_true_random=False), st.lists(st.integers(-(10**9), 10**9), max_size=19))
def test_that_of_neighbours_hears_nothing_of_jumps_in_fewer_than_half_of_the_steps(chance: Random, jumps):
    steps = [7] * (39 - len(jumps)) + jumps
    chance.shuffle(steps)
    assert slope_of_neighbours(list(enumerate(accumulate(steps, initial=0)))).value == 7


def test_the_band_of_all_holds_the_slope_among_independent_errors_as_often_as_it_says():
    chance = Random(1)
    found = [slope_of_all([(x, 3 * x + chance.gauss(0, 50)) for x in range(25)]) for _ in range(400)]
    assert sum(one.low <= 3 <= one.high for one in found) >= 0.93 * 400


def test_the_band_of_neighbours_holds_it_among_independent_steps_as_often_as_it_says():
    chance = Random(1)
    walks = [list(enumerate(accumulate(chance.gauss(3, 50) for _ in range(76)))) for _ in range(400)]
    found = [slope_of_neighbours(walk) for walk in walks]
    assert sum(one.low <= 3 <= one.high for one in found) >= 0.93 * 400


@BOTH
@pytest.mark.parametrize("points", [[(x, x) for x in range(MIN_POINTS - 1)], [(0, x) for x in range(9)]])
def test_too_few_points_and_those_at_one_x_are_refused(slope_of, points):
    with pytest.raises(ValueError, match="points or more, each at an x of its own"):
        slope_of(points)
