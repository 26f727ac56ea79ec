"""Arrivals are the rate integrated: evenly spaced, none too early, none missing, whenever one looks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.generator.arrivals import NS_PER_S, Schedule

STEPS = st.lists(
    st.tuples(st.floats(0, 500).filter(lambda rate: rate == 0 or rate > 0.01), st.integers(0, 5 * NS_PER_S)),
    min_size=1,
    max_size=8,
)


def test_the_first_arrival_is_due_at_once_and_the_others_follow_evenly() -> None:
    schedule = Schedule(1_000)
    schedule.turn(4.0, 1_000)
    assert list(schedule.take(1_000 + NS_PER_S)) == [1_000 + part * NS_PER_S // 4 for part in range(5)]


@given(STEPS)
def test_as_many_arrive_as_the_rates_come_to(steps: list[tuple[float, int]]) -> None:
    schedule, now_ns, due = Schedule(0, part=0.0), 0, []
    for rate, length_ns in steps:
        schedule.turn(rate, now_ns)
        now_ns += length_ns
        due += schedule.take(now_ns)
    expected = sum(rate * length_ns / NS_PER_S for rate, length_ns in steps)
    assert abs(len(due) - expected) <= 1
    assert due == sorted(due)
    assert all(0 <= at_ns <= now_ns for at_ns in due)


@given(st.floats(0.1, 500), st.lists(st.integers(0, NS_PER_S), max_size=20))
def test_looking_more_often_changes_nothing(rate: float, looks: list[int]) -> None:
    seldom, often = Schedule(0), Schedule(0)
    for schedule in (seldom, often):
        schedule.turn(rate, 0)
    seen = [at_ns for look in sorted(looks) for at_ns in often.take(look)] + list(often.take(NS_PER_S))
    assert seen == list(seldom.take(NS_PER_S))


@given(st.floats(0.5, 500))
def test_at_one_rate_they_are_evenly_spaced(rate: float) -> None:
    schedule = Schedule(0)
    schedule.turn(rate, 0)
    gaps = [after - before for before, after in pairwise(schedule.take(10 * NS_PER_S))]
    assert gaps == [pytest.approx(NS_PER_S / rate, abs=2)] * len(gaps)


@given(st.integers(1, 8), st.floats(1, 100))
def test_several_processes_take_turns(workers: int, rate: float) -> None:
    times = []
    for index in range(workers):
        schedule = Schedule(0, part=1 - index / workers)
        schedule.turn(rate / workers, 0)
        times += schedule.take(4 * NS_PER_S)
    gaps = [after - before for before, after in pairwise(sorted(times))]
    assert gaps == [pytest.approx(NS_PER_S / rate, abs=4)] * len(gaps)


def test_at_no_rate_nobody_arrives() -> None:
    schedule = Schedule(0)
    schedule.turn(0.0, 0)
    assert schedule.next_ns() is None
    assert list(schedule.take(NS_PER_S)) == []
