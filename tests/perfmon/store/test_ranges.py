"""Ranges: where they begin and end, and that their figures fit together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.conf import get_budgets
from perfmon.store.ranges import DEFAULT_RANGE, HOUR, MINUTE, RANGES, SECOND, SECOND_KEEP_S, TEN

every_range = pytest.mark.parametrize("range_", RANGES.values(), ids=lambda range_: range_.name)
moments = st.floats(1_500_000_000, 2_500_000_000)


@every_range
@given(now=moments)
def test_a_span_lies_on_the_steps_grid_and_its_last_step_is_the_one_now_is_in(range_, now):
    start, end = range_.span(now)
    assert (start % range_.step_s, end % range_.step_s) == (0, 0)
    assert end - start == range_.seconds
    assert end - range_.step_s <= now < end


@every_range
@given(now=moments)
def test_the_previous_span_adjoins_and_is_as_long(range_, now):
    start, end = range_.previous(now)
    assert end == range_.span(now)[0]
    assert end - start == range_.seconds


@every_range
def test_a_range_is_whole_steps_of_whole_buckets_and_one_chart_bounds_its_points(range_):
    assert range_.bucket_s in (SECOND, TEN, MINUTE, HOUR)
    assert range_.step_s % range_.bucket_s == 0
    assert range_.seconds == range_.points * range_.step_s
    assert 60 <= range_.points <= 360


@every_range
def test_what_a_range_reads_and_the_one_before_it_is_kept_for_long_enough(range_):
    budgets = get_budgets()
    kept_s = {
        SECOND: SECOND_KEEP_S,
        TEN: budgets.keep_fine_s,
        MINUTE: budgets.keep_minute_days * 86_400,
        HOUR: budgets.keep_hour_days * 86_400,
    }
    assert 2 * range_.seconds <= kept_s[range_.bucket_s]


def test_the_default_range_exists():
    assert DEFAULT_RANGE in RANGES
