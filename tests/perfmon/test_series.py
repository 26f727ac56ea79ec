"""Windows: they add up in any order, and their rows say the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.histogram import MAX_VALUE
from perfmon.series import SeriesKey, Window, Windows, merge_windows

events = st.lists(st.tuples(st.integers(0, MAX_VALUE), st.booleans()), max_size=30)


def window_of(measured: list[tuple[int, bool]]) -> Window:
    """Count each (value, error)."""
    window = Window()
    for value, error in measured:
        window.add(value, error)
    return window


def merged(*windows: Window) -> Window:
    """Merge into a new one."""
    total = Window()
    for window in windows:
        total.merge(window)
    return total


@given(events, events, events)
def test_windows_add_up_in_any_order_and_grouping(first, second, third):
    a, b, c = map(window_of, (first, second, third))
    everything = window_of(first + second + third)
    assert merged(a, b, c) == merged(c, a, b) == merged(a, merged(b, c)) == merged(merged(a, b), c) == everything


@given(events)
def test_figures_are_exact(measured):
    window = window_of(measured)
    values = [value for value, _ in measured]
    assert (window.count, window.errors) == (len(values), sum(error for _, error in measured))
    assert (window.sum, window.max) == (sum(values), max(values, default=0))
    assert window.histogram.count == window.count


@given(events, events)
def test_merging_a_row_is_merging_the_window(first, second):
    by_row = window_of(first)
    by_row.merge_row(window_of(second).to_row())
    assert by_row == merged(window_of(first), window_of(second))
    assert Window.from_row(by_row.to_row()) == by_row


def test_a_gauge_has_no_histogram_and_no_percentile():
    window = Window()
    window.add_total(40_000)
    window.add_total(60_000)
    assert (window.count, window.mean, window.max) == (2, 50_000, 60_000)
    assert window.to_row()[4] == b""
    assert window.percentile(95) is None


def test_an_empty_window_knows_no_shares():
    assert (Window().mean, Window().error_pct, Window().percentile(50)) == (None, None, None)


@given(events.filter(bool), st.floats(0, 100))
def test_no_percentile_is_past_the_largest_value_seen(measured, percent):
    window = window_of(measured)
    value = window.percentile(percent)
    assert value is not None
    assert value <= window.max


def test_shares_are_in_percent_and_means_in_the_unit():
    window = window_of([(100, True), (300, False), (200, False), (200, False)])
    assert (window.error_pct, window.mean) == (25.0, 200.0)


def test_a_copy_changes_alone():
    window = window_of([(5, False)])
    window.copy().add(7)
    assert window == window_of([(5, False)])


@pytest.mark.parametrize("row", [(), (1, 2, 3), (1, 0, 1, 1, b"\x09"), (1, 0, 1, 1, b"\x01\x01\x01\x00\xff\xff\x01")])
def test_a_row_that_is_none_raises_value_error(row):
    with pytest.raises(ValueError, match=r"unpack|histogram"):
        Window.from_row(row)


@given(st.dictionaries(st.sampled_from("abc"), events), st.dictionaries(st.sampled_from("bcd"), events))
def test_merging_windows_adds_series_by_series_and_shares_nothing(left, right):
    into: Windows = {SeriesKey("request", key): window_of(measured) for key, measured in left.items()}
    other: Windows = {SeriesKey("request", key): window_of(measured) for key, measured in right.items()}
    merge_windows(into, other)

    assert into == {
        SeriesKey("request", key): window_of(left.get(key, []) + right.get(key, [])) for key in left | right
    }
    for key, window in other.items():
        into[key].add(1)
        assert window == window_of(right[key.key])
