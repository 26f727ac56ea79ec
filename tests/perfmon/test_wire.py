"""The wire: windows come back as they went, and anything else is refused with one kind of error."""

from __future__ import annotations

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.series import SeriesKey, Window, Windows
from perfmon.wire import (
    ProcessWindow,
    merge_read,
    merge_rows,
    pack_block,
    pack_process_window,
    read_rows,
    rows_of,
    unpack_block,
    unpack_process_window,
)

keys = st.builds(SeriesKey, st.sampled_from(["request", "query", "host"]), st.text(max_size=20))
values = st.lists(st.integers(0, 1 << 40), max_size=8)
windows_by_key = st.dictionaries(keys, values, max_size=6)

junk = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 1 << 40) | st.floats() | st.text(max_size=4) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


def windows_of(by_key: dict[SeriesKey, list[int]]) -> Windows:
    """Count each value in its series."""
    windows: Windows = {key: Window() for key in by_key}
    for key, measured in by_key.items():
        for value in measured:
            windows[key].add(value)
    return windows


def read_back(rows) -> Windows:
    """Merge rows into nothing."""
    windows: Windows = {}
    merge_rows(windows, rows)
    return windows


@given(windows_by_key)
def test_a_block_comes_back_as_it_went(by_key):
    windows = windows_of(by_key)
    assert read_back(unpack_block(pack_block(windows))) == windows


@given(windows_by_key, st.integers(1, 1 << 40), st.integers(0, 1 << 33))
def test_a_process_window_comes_back_as_it_went(by_key, sequence, second):
    sent = ProcessWindow("web1:1-a", sequence, second, "web1", "v1", rows_of(windows_of(by_key)))
    received = unpack_process_window(pack_process_window(sent))
    assert received[:5] == sent[:5]
    assert read_back(received.rows) == windows_of(by_key)


def read_or_refuse(packed: bytes) -> None:
    """Bytes are either read to the last row or refused with ValueError."""
    for unpack in (unpack_block, lambda data: unpack_process_window(data).rows):
        try:
            windows = read_back(unpack(packed))
        except ValueError:
            continue
        assert all(isinstance(key.key, (str, bytes)) for key in windows)


@given(st.binary(max_size=60))
def test_foreign_bytes_raise_value_error_and_nothing_else(packed):
    read_or_refuse(packed)
    read_or_refuse(b"\x01" + packed)


@given(junk)
def test_foreign_messages_raise_value_error_and_nothing_else(body):
    read_or_refuse(b"\x01" + msgpack.packb(body))


@given(st.tuples(junk, junk, junk, junk, junk, junk))
def test_what_is_taken_for_a_process_window_has_the_stated_types(body):
    try:
        window = unpack_process_window(b"\x01" + msgpack.packb(body))
    except ValueError:
        return
    assert [type(part) for part in window] == [str, int, int, str, str, dict]


@given(windows_by_key.filter(bool), st.data())
def test_damaged_bytes_raise_value_error_and_nothing_else(by_key, data):
    window = ProcessWindow("web1:1-a", 1, 1_800_000_000, "web1", "", rows_of(windows_of(by_key)))
    for packed in (pack_block(windows_of(by_key)), pack_process_window(window)):
        damaged = bytearray(packed)
        damaged[data.draw(st.integers(0, len(packed) - 1))] = data.draw(st.integers(0, 255))
        read_or_refuse(bytes(damaged))
        read_or_refuse(packed[: data.draw(st.integers(0, len(packed) - 1))])


@pytest.mark.parametrize("rows", [{"request": {"GET /": None}}, {"request": {"GET /": [1, 0, "x", 1, b""]}}, {"a": 3}])
def test_a_damaged_row_raises_value_error(rows):
    with pytest.raises(ValueError, match="damaged row"):
        merge_rows({}, rows)
    with pytest.raises(ValueError, match="damaged row"):
        read_rows(rows)


@pytest.mark.parametrize(
    "head",
    [
        (["a"], 1, 1, "h", "", {}),
        ("a", "1", 1, "h", "", {}),
        ("a", 1, None, "h", "", {}),
        ("a", 1, 1, "h", "", []),
        ("a", 1, 1, "h", "", {"host": {b"web1/cpu": [1, 0, 1, 1, b""]}}),
        ("a", 1, 1, "h", ""),
    ],
)
def test_a_head_of_other_types_is_no_process_window(head):
    with pytest.raises(ValueError, match=r"not a process window|not rows"):
        unpack_process_window(b"\x01" + msgpack.packb(head))


@pytest.mark.parametrize("unpack", [unpack_block, unpack_process_window])
def test_another_version_is_named(unpack):
    with pytest.raises(ValueError, match="is not 1"):
        unpack(b"\x02\x80")


@given(windows_by_key, windows_by_key)
def test_rows_that_were_read_first_merge_as_rows_do(by_key, others):
    first, second = rows_of(windows_of(by_key)), rows_of(windows_of(others))
    windows = read_back(first)
    merge_rows(windows, second)

    merged: Windows = {}
    merge_read(merged, read_rows(first))
    merge_read(merged, read_rows(second))
    assert merged == windows
    assert all(isinstance(key, SeriesKey) for key in merged)


@given(junk)
def test_rows_are_all_read_or_all_refused(body):
    rows = body if isinstance(body, dict) else {"request": body}
    try:
        read = read_rows(rows)
    except ValueError:
        return
    merge_read({}, read)
