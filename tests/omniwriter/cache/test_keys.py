"""Two different questions never have one key, and one question has one however it is put."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omniwriter.cache import CacheError, UncacheableError, cache_query
from omniwriter.cache.keys import lock_key, token_key, value_key

VALUES = st.none() | st.booleans() | st.integers(0, 99) | st.text(max_size=9) | st.decimals(0, 9, places=2)
ARGUMENTS = st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES)


def exact(arguments: dict[str, Any]) -> list[tuple[str, type, Any]]:
    """Return arguments so that they are equal only when names, types and values are."""
    return sorted((name, type(value), value) for name, value in arguments.items())


@given(ARGUMENTS, ARGUMENTS)
def test_keys_are_equal_exactly_when_names_types_and_values_are(first: dict[str, Any], second: dict[str, Any]) -> None:
    one, other = exact_key(first), exact_key(second)
    assert (one == other) == (repr(exact(first)) == repr(exact(second)))


def exact_key(arguments: dict[str, Any]) -> str:
    return value_key("name", 1, arguments)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"a": "a:b", "b": "c"}, {"a": "a", "b": "b:c"}),
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": 1}, {"a": Decimal(1)}),
        ({"a": None}, {}),
        ({"a": ["b", "c"]}, {"a": ["b:c"]}),
    ],
)
def test_what_other_keys_confuse_is_told_apart(first: dict[str, Any], second: dict[str, Any]) -> None:
    assert exact_key(first) != exact_key(second)


def test_the_order_of_arguments_makes_no_difference() -> None:
    assert exact_key({"a": 1, "b": 2}) == exact_key({"b": 2, "a": 1})


def test_a_key_says_what_it_is_of() -> None:
    assert re.fullmatch(r"omniwriter:c1:articles\.list:v2:[0-9a-f]{32}", value_key("articles.list", 2, {"limit": 3}))
    assert token_key("articles") == "omniwriter:c1:generation:articles"
    assert lock_key("k") == "k:lock"


def test_names_and_versions_keep_functions_of_one_name_apart() -> None:
    assert value_key("a.f", 1, {}) != value_key("b.f", 1, {})
    assert value_key("a.f", 1, {}) != value_key("a.f", 2, {})


def test_a_default_left_out_and_one_given_are_the_same_question() -> None:
    @cache_query(name="test.defaults", namespaces=())
    def function(*, limit: int = 10) -> int:
        return limit

    assert function.place().key == function.place(limit=10).key
    assert function.place(limit=11).key != function.place().key


def test_an_argument_without_an_exact_form_is_refused() -> None:
    with pytest.raises(UncacheableError, match="object"):
        exact_key({"a": object()})


def test_a_function_whose_arguments_may_come_by_place_is_refused() -> None:
    with pytest.raises(CacheError, match=r"must take keyword-only arguments.*\['limit'\]"):

        @cache_query(name="test.positional", namespaces=())
        def function(limit: int) -> int:
            return limit


def test_no_time_to_live_is_refused_instead_of_meaning_for_ever() -> None:
    with pytest.raises(CacheError, match="ttl must be more than 0 seconds, not 0"):
        cache_query(name="test.ttl", namespaces=(), ttl=0)
