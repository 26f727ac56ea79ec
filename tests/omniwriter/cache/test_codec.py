"""What is written comes back as it was, or is refused with its type's name."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.enums import Status
from omniwriter.cache import UncacheableError, cacheable
from omniwriter.cache.codec import decode, encode
from omniwriter.cache.errors import UnreadableError


@cacheable
class Row(NamedTuple):
    """A row of a list."""

    id: int
    at: datetime
    price: Decimal | None


@cacheable
@dataclass(frozen=True, slots=True)
class Page:
    """A page of rows."""

    rows: list[Row]
    more: bool


NAIVE = datetime(2026, 10, 25, 2, 30, tzinfo=UTC).replace(tzinfo=None)
ZONES = st.sampled_from([None, UTC])
PLAIN = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False) | st.text() | st.binary()
    | st.decimals(allow_nan=False) | st.uuids() | st.dates() | st.datetimes(timezones=ZONES) | st.timedeltas()
    | st.times() | st.text().map(mark_safe)
)  # fmt: skip
ROWS = st.builds(Row, st.integers(0, 2**40), st.datetimes(timezones=st.just(UTC)), st.none() | st.decimals(-9, 9))
HASHABLE = st.integers(-5, 2**40) | st.text() | st.dates() | st.uuids()
VALUES = st.recursive(
    PLAIN | ROWS | st.builds(Page, st.lists(ROWS, max_size=4), st.booleans()) | st.frozensets(HASHABLE, max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text() | st.integers(0, 9), inner, max_size=4)
        | st.sets(HASHABLE, max_size=4)
    ),
    max_leaves=12,
)


def same(first: Any, second: Any) -> bool:
    """Whether two values are equal and of the same types all the way down; 1, True and 1.0 are not the same."""
    if type(first) is not type(second):
        return False
    if isinstance(first, dict):
        return list(first) == list(second) and all(same(first[key], second[key]) for key in first)
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    return bool(first == second)


@given(VALUES)
@settings(max_examples=300, deadline=None)
def test_any_value_of_the_listed_types_comes_back_with_its_types(value: Any) -> None:
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize("value", [None, [], {}, (), 0, 0.0, False, "", b"", Decimal("0.00"), set()])
def test_what_is_empty_comes_back_as_that_kind_of_empty(value: Any) -> None:
    assert same(decode(encode(value)), value)


@pytest.mark.parametrize(
    "value",
    [
        Decimal("1.10"), datetime(2026, 3, 1, 9, 30, 15, 123456, tzinfo=UTC), date(2026, 2, 28),
        NAIVE, NAIVE.replace(fold=1), time(23, 59, 59, 999999), timedelta(days=-1, microseconds=1),
        UUID("12345678123456781234567812345678"), 2**63, -(2**63), math.inf, "\ud7ff \x00",
        SafeString("<b>"),
        [Row(1, datetime(2026, 1, 1, tzinfo=UTC), None), Row(2, datetime(2026, 1, 1, tzinfo=UTC), Decimal(1))],
    ],
    ids=repr,
)  # fmt: skip
def test_what_other_formats_bend_stays_as_it_is(value: Any) -> None:
    assert same(decode(encode(value)), value)
    assert decode(encode(value)) == value


def test_a_datetime_of_another_zone_is_the_same_moment_in_utc() -> None:
    moment = datetime(2026, 3, 1, 9, tzinfo=timezone(timedelta(hours=-3)))
    assert decode(encode(moment)) == moment
    assert decode(encode(moment)).tzinfo is UTC


def test_a_choice_comes_back_as_its_value_which_is_equal_to_it() -> None:
    assert decode(encode([Status.PUBLISHED])) == [Status.PUBLISHED]


class Unknown:
    """Nobody registered it."""


class OtherInt(int):
    """Not an int when it is read back."""


@pytest.mark.parametrize("value", [Unknown(), OtherInt(1), [Unknown()], {"a": Unknown()}, lambda: 1, 1j, 2**64])
def test_what_would_not_come_back_as_it_was_is_refused(value: Any) -> None:
    with pytest.raises(UncacheableError, match="can't be cached"):
        encode(value)


def test_a_row_of_the_database_is_refused_by_name() -> None:
    from django.contrib.auth.models import User

    with pytest.raises(UncacheableError, match=r"django\.contrib\.auth\.models\.User"):
        encode([User(username="a")])


def test_what_a_class_with_other_fields_has_written_is_not_read() -> None:
    def registered(*fields: str) -> Any:
        made = NamedTuple("Changing", [(field, int) for field in fields])  # type: ignore[misc]
        return cacheable(made)

    written = encode(registered("a")(1))
    assert decode(written) == (1,)
    encoded = bytearray(encode(registered("a", "b")(1, 2)))
    encoded[-10] ^= 0xFF  # a number that no class has
    with pytest.raises(UnreadableError):
        decode(bytes(encoded))


@given(st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_bytes_of_anybody_are_read_or_refused_and_never_run(packed: bytes) -> None:
    with suppress(UnreadableError):
        decode(packed)
