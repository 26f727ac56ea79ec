"""Verdicts: direction, noise and too little data."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.trends import Trend, Verdict, compare


def verdict(current, previous, *, counts=(100, 100), higher_is_better=False, noise_pct=10.0, min_count=10) -> Trend:
    """Compare with the usual limits."""
    return compare(
        current,
        previous,
        current_count=counts[0],
        previous_count=counts[1],
        higher_is_better=higher_is_better,
        noise_pct=noise_pct,
        min_count=min_count,
    )


@pytest.mark.parametrize(
    ("current", "higher_is_better", "expected"),
    [
        (150.0, False, Verdict.WORSE),
        (50.0, False, Verdict.BETTER),
        (150.0, True, Verdict.BETTER),
        (50.0, True, Verdict.WORSE),
    ],
)
def test_the_direction_decides_what_a_change_means(current, higher_is_better, expected):
    assert verdict(current, 100.0, higher_is_better=higher_is_better) == Trend(expected, current - 100.0)


@pytest.mark.parametrize(("current", "expected"), [(110.0, Verdict.SAME), (90.0, Verdict.SAME), (110.1, Verdict.WORSE)])
def test_a_change_within_the_noise_is_the_same(current, expected):
    assert verdict(current, 100.0).verdict is expected


@pytest.mark.parametrize("counts", [(9, 100), (100, 9), (0, 0)])
def test_too_few_events_on_either_side_say_nothing(counts):
    assert verdict(500.0, 100.0, counts=counts) == Trend(Verdict.UNKNOWN)


@pytest.mark.parametrize(("current", "previous"), [(None, 1.0), (1.0, None), (None, None)])
def test_a_missing_figure_says_nothing(current, previous):
    assert verdict(current, previous) == Trend(Verdict.UNKNOWN)


def test_a_rise_from_zero_is_a_change_without_a_percentage():
    assert verdict(3.0, 0.0) == Trend(Verdict.WORSE)
    assert verdict(3.0, 0.0, higher_is_better=True) == Trend(Verdict.BETTER)
    assert verdict(0.0, 0.0) == Trend(Verdict.SAME, 0.0)


figures = st.floats(0.001, 1e9)


@given(figures, figures, st.floats(0, 50))
def test_turning_the_direction_round_swaps_better_and_worse(current, previous, noise_pct):
    swapped = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER, Verdict.SAME: Verdict.SAME}
    up = verdict(current, previous, higher_is_better=True, noise_pct=noise_pct)
    down = verdict(current, previous, higher_is_better=False, noise_pct=noise_pct)
    assert down == Trend(swapped[up.verdict], up.change_pct)
    assert (up.verdict is Verdict.SAME) == (abs(up.change_pct or 0.0) <= noise_pct)
