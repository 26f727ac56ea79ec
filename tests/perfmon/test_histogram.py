"""The histogram: an algebra with a stated error, whatever is put into it."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.histogram import (
    BUCKET_LIMIT,
    MAX_VALUE,
    RELATIVE_ERROR,
    Histogram,
    PackedSum,
    bucket_bounds,
    bucket_index,
    bucket_middle,
    merge_packed,
    unpack,
)

MICROSECOND_NS, TEN_MINUTES_NS = 1_000, 600_000_000_000
PERCENTS = ("0", "0.1", "1", "10", "25", "50", "75", "90", "95", "99", "99.9", "99.99", "100")

any_value = st.integers(0, MAX_VALUE)
durations_ns = st.integers(MICROSECOND_NS, TEN_MINUTES_NS)
samples = st.lists(st.one_of(any_value, durations_ns), max_size=60)
clusters = st.integers(0, 34).flatmap(lambda bits: st.lists(st.integers(32 << bits, 64 << bits), max_size=60))


def histogram_of(values: list[int]) -> Histogram:
    """Count each value."""
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    return histogram


def merged(*histograms: Histogram) -> Histogram:
    """Merge into a new one."""
    total = Histogram()
    for histogram in histograms:
        total.merge(histogram)
    return total


def nearest_rank(values: list[int], percent: str) -> int:
    """The smallest value with at least ``percent`` % of the sample at or below it, in exact arithmetic."""
    rank = math.ceil(Fraction(percent) * len(values) / 100)
    return sorted(values)[max(1, rank) - 1]


@given(samples, samples)
def test_merging_two_is_counting_both_samples_in_one(left, right):
    assert merged(histogram_of(left), histogram_of(right)) == histogram_of(left + right)


@given(samples, samples)
def test_the_order_of_merging_does_not_matter(left, right):
    assert merged(histogram_of(left), histogram_of(right)) == merged(histogram_of(right), histogram_of(left))


@given(samples, samples, samples)
def test_the_grouping_of_merges_does_not_matter(first, second, third):
    a, b, c = map(histogram_of, (first, second, third))
    assert merged(merged(a, b), c) == merged(a, merged(b, c))


@given(samples)
def test_an_empty_histogram_adds_nothing(values):
    assert merged(histogram_of(values), Histogram()) == histogram_of(values)


@given(st.lists(durations_ns, min_size=1, max_size=200))
def test_every_quantile_is_within_one_percent_of_the_exact_nearest_rank(values):
    found = histogram_of(values).percentiles(tuple(map(float, PERCENTS)))
    for percent, value in zip(PERCENTS, found, strict=True):
        exact = nearest_rank(values, percent)
        assert value is not None
        assert abs(value - exact) <= RELATIVE_ERROR * exact <= 0.01 * exact


@given(st.lists(durations_ns, min_size=1, max_size=60), st.floats(0, 100))
def test_any_quantile_lies_in_the_bucket_of_a_value_of_the_sample(values, percent):
    value = histogram_of(values).percentile(percent)
    assert value in {bucket_middle(bucket_index(item)) for item in values}


@pytest.mark.parametrize("count", [41_000, 82_000, 100_000])
def test_the_rank_of_a_decimal_percent_is_exact(count):
    histogram = Histogram({1: count * 999 // 1000, 100: count // 1000})
    assert histogram.percentile(99.9) == 1.0
    assert histogram.percentile(99.91) == 100.0


@given(any_value)
def test_a_value_lies_in_its_bucket_and_the_middle_is_close(value):
    index = bucket_index(value)
    low, high = bucket_bounds(index)
    assert low <= value < high
    assert abs(bucket_middle(index) - value) <= RELATIVE_ERROR * value


def test_buckets_follow_one_another_without_gap():
    edges = [bucket_bounds(index) for index in range(BUCKET_LIMIT)]
    assert edges[0][0] == 0
    assert all(before[1] == after[0] for before, after in pairwise(edges))
    assert edges[-1][1] == MAX_VALUE + 1


def test_values_outside_the_span_count_in_the_first_and_the_last_bucket():
    assert histogram_of([-5]) == histogram_of([0])
    assert histogram_of([MAX_VALUE + 1, 1 << 60]) == Histogram({BUCKET_LIMIT - 1: 2})


def test_an_empty_histogram_has_no_percentile():
    assert Histogram().percentiles((50, 99)) == [None, None]
    assert Histogram({5: 0}).percentile(50) is None


@given(st.lists(clusters, max_size=8), st.integers(1, 1 << 40))
def test_a_sum_of_packed_histograms_is_their_merge(parts, times):
    parts = [*parts, sorted({value % 4096 for part in parts for value in part})]
    histograms = [Histogram({at: n * times for at, n in histogram_of(part).counts.items()}) for part in parts]
    total = PackedSum()
    for histogram in histograms:
        total.add(histogram.to_bytes())
    assert total.histogram() == merged(*histograms)
    assert Histogram.sum_of(histograms) == merged(*histograms)


@given(st.lists(durations_ns, min_size=1, max_size=30))
def test_a_sum_of_damaged_bytes_raises_value_error(values):
    packed = histogram_of(values).to_bytes()
    for damaged in (packed[:-1], packed + b"\0", b"\2" + packed[1:], packed[:3]):
        with pytest.raises(ValueError, match="histogram"):
            PackedSum().add(damaged)


@given(st.one_of(samples, clusters), st.integers(1, 1 << 40))
def test_bytes_round_trip(values, times):
    histogram = Histogram({index: count * times for index, count in histogram_of(values).counts.items()})
    packed = histogram.to_bytes()
    assert Histogram.from_bytes(packed) == histogram
    counts: dict[int, int] = {}
    merge_packed(counts, packed)
    merge_packed(counts, packed)
    assert counts == merged(histogram, histogram).counts


@pytest.mark.parametrize(("largest", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4), (1 << 32, 8)])
def test_counts_take_the_narrowest_width_that_holds_them(largest, width):
    packed = Histogram({1: 1, 2000: largest}).to_bytes()
    assert len(packed) == 4 + 2 * (2 + width)
    assert Histogram.from_bytes(packed).counts == {1: 1, 2000: largest}


@pytest.mark.parametrize(("largest", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4), (1 << 32, 8)])
def test_neighbouring_buckets_are_packed_as_a_run_without_their_indices(largest, width):
    counts = {1000: 1, 1002: 2, 1003: largest, 1005: 7}
    packed = Histogram(counts).to_bytes()
    assert len(packed) == 4 + min(2 + 6 * width, 4 * (2 + width))
    assert Histogram.from_bytes(packed).counts == counts


def test_size_is_bounded_whatever_is_counted():
    full = Histogram(dict.fromkeys(range(BUCKET_LIMIT), 1 << 40))
    assert len(full.to_bytes()) == 6 + 8 * BUCKET_LIMIT
    full.merge(histogram_of([0, MAX_VALUE, 1 << 62]))
    assert len(full.counts) == BUCKET_LIMIT


@given(any_value, st.integers(1, 300))
def test_a_single_bucket_is_merged_as_any_other(value, times):
    counts = {bucket_index(value): 5, 0: 1}
    expected = merged(Histogram(counts), Histogram({bucket_index(value): times}))
    merge_packed(counts, Histogram({bucket_index(value): times}).to_bytes())
    assert counts == expected.counts


def test_a_single_bucket_past_the_last_is_refused():
    with pytest.raises(ValueError, match="bucket 2240 is past"):
        merge_packed({}, b"\x01\x01\x01\x00\xc0\x08\x01")


def readable_or_refused(packed: bytes) -> None:
    """Bytes are either refused with ValueError or give a histogram that answers every question."""
    try:
        histogram = Histogram.from_bytes(packed)
    except ValueError:
        return
    histogram.percentiles((0, 50, 100))
    assert Histogram.from_bytes(histogram.to_bytes()) == histogram


@given(st.binary(max_size=80))
def test_foreign_bytes_raise_value_error_and_nothing_else(packed):
    readable_or_refused(packed)


@given(st.lists(durations_ns, min_size=1, max_size=30), st.data())
def test_damaged_bytes_raise_value_error_and_nothing_else(values, data):
    packed = bytearray(histogram_of(values).to_bytes())
    packed[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
    readable_or_refused(bytes(packed[: data.draw(st.integers(0, len(packed)))]))
    readable_or_refused(bytes(packed))


@pytest.mark.parametrize(
    ("packed", "says"),
    [
        (b"\x01\x01", "shorter than its header"),
        (b"\x02\x01\x00\x00", "format 2 is not 1"),
        (b"\x01\x03\x00\x00", "width 3"),
        (b"\x01\x01\x01\x00\x05\x00", "does not have"),
        (b"\x01\x01\x02\x00\xff\xff\x05\x00\x01\x01", "bucket 65535 is past"),
        (b"\x01\x83\x00\x00\x00\x00", "width 3"),
        (b"\x01\x81\x02\x00\x05\x00\x01", "does not have"),
        (b"\x01\x81\x02\x00\xbf\x08\x01\x01", "bucket 2240 is past"),
    ],
)
def test_what_is_wrong_with_bytes_is_said(packed, says):
    with pytest.raises(ValueError, match=says):
        unpack(packed)


@given(st.one_of(samples, clusters), any_value)
def test_what_lies_below_a_bucket_is_what_is_smaller(values, edge):
    bucket = bucket_index(edge)
    assert histogram_of(values).cumulative().below(bucket) == sum(bucket_index(value) < bucket for value in values)


@pytest.mark.parametrize("size", [1, 2, 32, 33])
def test_a_bucket_past_the_last_is_refused_among_few_and_many(size):
    indices = [*range(0, 3 * size - 3, 3), BUCKET_LIMIT]
    packed = bytes((1, 1, size, 0)) + b"".join(index.to_bytes(2, "little") for index in indices) + b"\1" * size
    with pytest.raises(ValueError, match="is past"):
        unpack(packed)
