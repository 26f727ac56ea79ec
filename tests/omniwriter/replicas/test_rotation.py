"""Turns, evictions and returns, on a clock that the test sets."""

from __future__ import annotations

from collections import Counter

import pytest

from omniwriter.replicas.rotation import RISE, SILENT_S, SLOW_START_S, Rotation, State


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rotation(clock: Clock) -> Rotation:
    """Three replicas that are well."""
    made = Rotation(["a", "b", "c"], max_lag_ms=1000, clock=clock)
    look(made, "abc")
    return made


def look(rotation: Rotation, aliases: str, lag_ms: float = 0.0, replayed: int = 100) -> None:
    """Take in a good answer of each."""
    for alias in aliases:
        rotation.report(alias, replayed=replayed, lag_ms=lag_ms)


def turns(rotation: Rotation, count: int, needs: int = 0) -> Counter[str | None]:
    """Count whose turn it was, each turn being one read."""
    picked = [rotation.pick(needs) for _ in range(count)]
    return Counter(picked)


def test_those_that_are_well_take_equal_turns(rotation: Rotation) -> None:
    assert turns(rotation, 30) == {"a": 10, "b": 10, "c": 10}


def test_turns_are_equal_by_reads_also_when_every_second_request_makes_nine(rotation: Rotation) -> None:
    rotation.failed("c", "")
    for number in range(100):
        alias = rotation.pick()
        assert alias is not None
        for _ in range(9 if number % 2 else 1):
            rotation.count_read(alias)

    reads = [rotation.replicas[alias].reads for alias in "ab"]
    assert sum(reads) == 500
    assert max(reads) - min(reads) <= 10


def test_nobody_reads_before_the_first_look(clock: Clock) -> None:
    assert Rotation(["a"], max_lag_ms=1000, clock=clock).pick() is None


def test_only_those_that_have_replayed_enough_read(rotation: Rotation) -> None:
    look(rotation, "b", replayed=200)

    assert turns(rotation, 6, needs=150) == {"b": 6}
    assert turns(rotation, 2, needs=201) == {None: 2}


def test_one_that_is_held_is_kept_while_it_may_be(rotation: Rotation) -> None:
    assert {rotation.pick(held="b") for _ in range(5)} == {"b"}
    rotation.failed("b", "gone")
    assert rotation.pick(held="b") in {"a", "c"}


def test_one_that_is_late_leaves_and_comes_back_after_several_good_looks(rotation: Rotation, clock: Clock) -> None:
    look(rotation, "a", lag_ms=1001)
    assert rotation.state("a") is State.LAGGING
    assert turns(rotation, 4) == {"b": 2, "c": 2}

    look(rotation, "a", lag_ms=900)  # not late any more, but on the brink of it
    for _ in range(RISE - 1):
        look(rotation, "a", lag_ms=0)
    look(rotation, "a", lag_ms=900)
    for _ in range(RISE - 1):
        look(rotation, "a", lag_ms=0)
    assert rotation.state("a") is State.LAGGING
    look(rotation, "a", lag_ms=0)

    assert rotation.state("a") is State.LIVE
    assert rotation.replicas["a"].evictions == 1


def test_one_that_returns_reads_a_growing_share_and_makes_nothing_up(rotation: Rotation, clock: Clock) -> None:
    rotation.failed("a", "gone")
    turns(rotation, 600)
    for _ in range(RISE):
        look(rotation, "a")
    at_once = turns(rotation, 210)["a"]
    clock.now += SLOW_START_S / 2
    look(rotation, "abc")
    half_way = turns(rotation, 250)["a"]
    clock.now += SLOW_START_S
    look(rotation, "abc")
    turns(rotation, 30)

    assert 8 <= at_once <= 12
    assert 45 <= half_way <= 55
    assert turns(rotation, 300) == {"a": 100, "b": 100, "c": 100}


def test_one_that_fails_leaves_at_once_and_what_it_had_replayed_is_forgotten(rotation: Rotation) -> None:
    rotation.failed("a", "connection refused")

    assert rotation.is_away("a")
    assert rotation.replicas["a"].reason == "connection refused"
    assert rotation.replicas["a"].replayed == 0
    assert not rotation.all_replayed(100)


def test_one_that_falls_silent_leaves_by_itself(rotation: Rotation, clock: Clock) -> None:
    clock.now += SILENT_S + 0.1
    look(rotation, "bc")

    assert rotation.pick(held="a") in {"b", "c"}
    assert rotation.silent() == ["a"]
    assert rotation.silent() == []
    assert rotation.replicas["a"].evictions == 1


def test_failures_of_one_that_is_out_count_no_further_eviction(rotation: Rotation) -> None:
    for _ in range(3):
        rotation.failed("a", "gone")

    assert rotation.replicas["a"].evictions == 1
