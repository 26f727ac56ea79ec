"""``cache_query`` on a real Valkey: what is kept, for how long, and what makes it old."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.db import transaction

from omniwriter.cache import UncacheableError, bump, cache_query, renew
from omniwriter.cache.loading import State
from tests.articles.at_once import at_once

Counted = Callable[[Any], Any]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
KINDS = [
    None, [], {}, 0, 0.0, False, "", b"", Decimal("1.10"), NOW, UUID(int=7), (1, "a"), {"a": [1, None]}, 2**63,
]  # fmt: skip


@pytest.mark.parametrize("value", KINDS, ids=repr)
def test_the_second_read_equals_the_first_and_computes_nothing(valkey_cache: Any, counted: Counted, value: Any) -> None:
    function = counted(value)
    cached = cache_query(name="test.kinds", namespaces=())(function)

    first, second = cached.loaded(), cached.loaded()

    assert (first.state, second.state) == (State.MISS, State.HIT)
    assert second.value == value
    assert type(second.value) is type(value)
    assert function.calls == 1


def test_arguments_have_results_of_their_own(valkey_cache: Any) -> None:
    @cache_query(name="test.arguments", namespaces=())
    def doubled(*, number: int) -> int:
        return 2 * number

    assert [doubled(number=number) for number in (1, 2, 1)] == [2, 4, 2]


def test_a_value_that_would_not_come_back_is_refused_and_nothing_is_kept(valkey_cache: Any, counted: Counted) -> None:
    cached = cache_query(name="test.refused", namespaces=())(counted(object()))

    for _ in range(2):
        with pytest.raises(UncacheableError, match=r"object can't be cached"):
            cached()
    assert not [key for key in valkey_cache.keys("*test.refused*") if b"lock" not in key]


def test_what_the_function_raises_is_raised_and_not_kept(valkey_cache: Any, counted: Counted) -> None:
    def fails() -> None:
        raise ValueError("no such page")

    function = counted(fails)
    cached = cache_query(name="test.raises", namespaces=())(function)
    for _ in range(2):
        with pytest.raises(ValueError, match="no such page"):
            cached()
    assert function.calls == 2


def test_one_step_makes_all_values_of_a_namespace_old_and_no_others(valkey_cache: Any, counted: Counted) -> None:
    inside, outside = counted(1), counted(2)
    of_lists = cache_query(name="test.inside", namespaces=("lists",))(inside)
    of_names = cache_query(name="test.outside", namespaces=("names",))(outside)
    for number in range(5):
        of_lists(of=number)
        of_names(of=number)
    commands = _commands(valkey_cache)

    renew(["lists"])

    assert _commands(valkey_cache) - commands <= 4  # not one for each value
    for number in range(5):
        of_lists(of=number)
        of_names(of=number)
    assert (inside.calls, outside.calls) == (10, 5)


def _commands(client: Any) -> int:
    return int(client.info("stats")["total_commands_processed"])


def test_namespaces_may_depend_on_the_arguments(valkey_cache: Any, counted: Counted) -> None:
    function = counted(1)
    cached = cache_query(name="test.each", namespaces=lambda of: (f"article:{of}",))(function)
    for number in (1, 2):
        cached(of=number)

    renew(["article:1"])
    states = [cached.loaded(of=number).state for number in (1, 2)]

    assert states == [State.MISS, State.HIT]


@pytest.mark.django_db(transaction=True)
def test_a_change_counts_when_it_is_committed_and_not_when_it_is_rolled_back(
    valkey_cache: Any, counted: Counted
) -> None:
    cached = cache_query(name="test.commit", namespaces=("lists",))(counted(1))
    cached()

    with transaction.atomic():
        bump("lists")
        transaction.set_rollback(True)
    assert cached.loaded().state is State.HIT

    with transaction.atomic():
        bump("lists")
        assert [cached.loaded().state] == [State.BYPASS]  # what a transaction sees may never be committed
    assert cached.loaded().state is State.MISS


def test_when_its_time_runs_out_it_is_made_anew(valkey_cache: Any, counted: Counted) -> None:
    function = counted(1)
    cached = cache_query(name="test.time", namespaces=(), ttl=100)(function)
    with time_machine.travel(NOW, tick=False):
        cached()
    with time_machine.travel(NOW.replace(minute=1), tick=False):
        assert cached.loaded().state is State.HIT
    with time_machine.travel(NOW.replace(minute=2), tick=False):
        assert cached.loaded().state is State.MISS
    assert function.calls == 2


def test_values_made_together_do_not_run_out_together(valkey_cache: Any, counted: Counted) -> None:
    cached = cache_query(name="test.jitter", namespaces=(), ttl=1000)(counted(1))
    with time_machine.travel(NOW, tick=False):
        for number in range(40):
            cached(of=number)
    with time_machine.travel(NOW.timestamp() + 950, tick=False):
        states = {cached.loaded(of=number).state for number in range(40)}
    assert states == {State.HIT, State.MISS}


def test_while_one_makes_an_old_value_anew_the_others_get_the_old_one(valkey_cache: Any) -> None:
    started, go_on = threading.Event(), threading.Event()
    values = iter(["old", "new"])

    @cache_query(name="test.stale", namespaces=(), ttl=100)
    def value() -> str:
        made = next(values)
        if made == "new":
            started.set()
            assert go_on.wait(5)
        return made

    with time_machine.travel(NOW, tick=False):
        value()
    with time_machine.travel(NOW.timestamp() + 105, tick=False):
        leader = threading.Thread(target=value)
        leader.start()
        assert started.wait(5)
        others = [value.loaded() for _ in range(3)]
        go_on.set()
        leader.join(5)
        assert [(other.value, other.state) for other in others] == [("old", State.STALE)] * 3
        assert value() == "new"


def test_threads_that_miss_together_compute_once(valkey_cache: Any) -> None:
    calls: list[int] = []
    gate = threading.Event()

    @cache_query(name="test.together", namespaces=())
    def value() -> int:
        calls.append(1)
        gate.wait(0.2)
        return 7

    assert at_once(25, value, nullcontext) == [7] * 25
    assert len(calls) == 1


def test_who_waits_for_a_computation_that_fails_does_not_wait_for_the_next(valkey_cache: Any) -> None:
    first, others = threading.Event(), threading.Barrier(7, timeout=5)

    @cache_query(name="test.fails", namespaces=())
    def fails() -> None:
        if not first.is_set():
            first.wait(0.2)
            first.set()
        else:
            others.wait()  # broken when they come one after the other
        raise ValueError

    outcomes = at_once(8, fails, nullcontext)

    assert [type(outcome) for outcome in outcomes] == [ValueError] * 8


def test_warming_makes_it_anew_whatever_is_kept(valkey_cache: Any, counted: Counted) -> None:
    values = iter([1, 2])
    function = counted(lambda: next(values))
    cached = cache_query(name="test.warm", namespaces=("lists",))(function)

    assert (cached(), cached.warm(), cached()) == (1, 2, 2)


def test_large_values_are_compressed(valkey_cache: Any, counted: Counted) -> None:
    text = "A lamp on a table. " * 5_000
    cached = cache_query(name="test.large", namespaces=())(counted(text))
    cached()

    (key,) = [key for key in valkey_cache.keys("*test.large*") if b"lock" not in key]
    assert valkey_cache.strlen(key) < len(text) / 10
    assert cached() == text
    assert valkey_cache.pttl(key) > 0  # no value stays for ever


def test_the_first_level_is_a_copy_for_each_and_empty_after_a_change(valkey_cache: Any) -> None:
    values = iter([["a"], ["b"]])

    @cache_query(name="test.local", namespaces=("lists",), local_s=60)
    def value() -> list[str]:
        return next(values)

    value().append("spoilt")
    commands = _commands(valkey_cache)
    assert value() == ["a"]
    assert _commands(valkey_cache) - commands == 1  # the count itself
    renew(["lists"])
    assert value() == ["b"]


def test_with_the_cache_switched_off_nothing_is_read_or_kept(
    valkey_cache: Any, counted: Counted, settings: Any
) -> None:
    cached = cache_query(name="test.off", namespaces=(), local_s=1)(counted("made"))
    cached()
    settings.CACHE_KEEPS = False

    assert [cached(), cached.loaded().state, cached.uncached.calls] == ["made", State.BYPASS, 3]  # type: ignore[attr-defined]
