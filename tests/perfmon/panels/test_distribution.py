"""How latencies spread over the fixed scale of a table's row."""

from __future__ import annotations

from bisect import bisect_right

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.histogram import Histogram, bucket_middle
from perfmon.panels.distribution import SPREAD_EDGES_MS, spread

MS = 1_000_000


def spread_of(*values_ns: int) -> str:
    """Return the digits of these durations."""
    histogram = Histogram()
    for value in values_ns:
        histogram.add(value)
    return spread(histogram.cumulative())


@pytest.mark.parametrize(
    ("values_ns", "digits"),
    [
        ((), "0000000000000"),
        ((MS // 2,), "9000000000000"),
        ((3 * MS, 3 * MS, 3 * MS, 30 * MS), "0090030000000"),
        ((9_000 * MS,), "0000000000009"),
        ((*[3 * MS] * 1000, 300 * MS), "0090000010000"),
    ],
)
def test_each_part_of_the_scale_has_a_digit_against_the_fullest(values_ns, digits):
    assert spread_of(*values_ns) == digits


@given(st.lists(st.integers(0, 1 << 34), min_size=1, max_size=40))
def test_every_duration_is_in_the_part_its_bucket_lies_in(values_ns):
    histogram = Histogram()
    for value in values_ns:
        histogram.add(value)
    parts = {bisect_right(SPREAD_EDGES_MS, bucket_middle(index) / MS) for index in histogram.counts}
    digits = spread(histogram.cumulative())
    assert {part for part, digit in enumerate(digits) if digit != "0"} == parts
    assert max(digits) == "9"
