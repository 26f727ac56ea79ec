"""The numbers of frames: every frame that was numbered is either here or missed, whatever was dropped or sent twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.generator.sequence import Arrival, Sequence

FIRST = 100.0


@given(st.integers(0, 10_000), st.sets(st.integers(1, 200), min_size=1))
def test_of_a_run_of_numbers_each_is_here_or_missed(before: int, received: set[int]) -> None:
    sequence = Sequence()
    sequence.snapshot(before, FIRST)
    arrivals = [sequence.frame(before + step, FIRST + step) for step in sorted(received)]
    known_from = before + 1 if before else min(received)  # a snapshot of number 0 says nothing about the next
    assert len(arrivals) + sum(one.missed for one in arrivals) == before + max(received) - known_from + 1
    assert not any(one.doubled for one in arrivals)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=50))
def test_a_frame_that_comes_again_is_doubled_and_nothing_is_missed(times: list[int]) -> None:
    sequence = Sequence()
    arrivals = [sequence.frame(seq, FIRST + seq) for seq, often in enumerate(times, 1) for _ in range(often)]
    assert sum(one.doubled for one in arrivals) == sum(times) - len(times)
    assert sum(one.missed for one in arrivals) == 0


def test_numbers_that_begin_again_are_no_fault() -> None:
    sequence = Sequence()
    sequence.snapshot(500, FIRST)
    assert sequence.frame(1, FIRST + 1) == Arrival()
    assert sequence.frame(2, FIRST + 2) == Arrival()
    assert sequence.frame(4, FIRST + 4) == Arrival(missed=1)


def test_a_payload_that_is_sent_under_several_numbers_is_a_frame_each_time() -> None:
    sequence = Sequence()
    assert [sequence.frame(seq, FIRST) for seq in (7, 8, 9)] == [Arrival()] * 3
    assert sequence.frame(9, FIRST) == Arrival(doubled=True)


def test_a_snapshot_makes_good_what_was_missed_before_it() -> None:
    sequence = Sequence()
    sequence.frame(3, FIRST)
    sequence.snapshot(8, FIRST + 5)
    assert sequence.frame(9, FIRST + 6) == Arrival()
