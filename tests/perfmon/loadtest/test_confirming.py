"""A build that seems slower is measured again before that is said."""

from __future__ import annotations

from dataclasses import replace

from perfmon.loadtest.confirming import confirmed
from perfmon.loadtest.rounds import Rounds
from tests.perfmon.loadtest.test_compare import measured

BASELINE = measured(1)


class Measurements:
    """Hands out rounds one after the other, the last again and again."""

    def __init__(self, *rounds: list[Rounds]) -> None:
        self.taken = 0
        self._rounds = rounds

    def __call__(self) -> list[Rounds]:
        self.taken += 1
        return self._rounds[min(self.taken, len(self._rounds)) - 1]


def test_what_is_the_same_is_measured_once():
    measure = Measurements([measured(2)])
    rounds, found = confirmed(measure, BASELINE)
    assert (measure.taken, found.verdict, found.failed, rounds) == (1, "same", False, measured(2))


def test_what_was_only_disturbed_passes_at_the_second_look():
    measure = Measurements([measured(2, slowed={"GET /b": 1.2})], [measured(3)])
    rounds, found = confirmed(measure, BASELINE)
    assert (measure.taken, found.failed, rounds.count) == (2, False, 60)


def test_what_was_disturbed_for_long_passes_at_the_fourth_look():
    measure = Measurements(*[[measured(2, slowed={"GET /b": 1.2})]] * 3, [measured(3)])
    rounds, found = confirmed(measure, BASELINE)
    assert (measure.taken, found.failed, rounds.count) == (4, False, 120)


def test_what_stays_slower_fails():
    measure = Measurements([measured(2, slowed={"GET /b": 1.2})], [measured(3, slowed={"GET /b": 1.2})])
    _, found = confirmed(measure, BASELINE)
    assert (measure.taken, found.failed) == (4, True)


def test_two_builds_beside_each_other_are_measured_again_together():
    measure = Measurements([measured(2, slowed={"GET /b": 1.2}), measured(3)])
    rounds, found = confirmed(measure)
    assert (measure.taken, found.failed, rounds.count) == (4, True, 120)


def test_what_can_not_be_compared_is_not_measured_again():
    measure = Measurements([replace(measured(2), machine="ffff")])
    _, found = confirmed(measure, BASELINE)
    assert (measure.taken, found.comparable, found.failed) == (1, False, False)


def test_what_can_not_be_told_is_measured_up_to_three_times():
    all_slower = measured(2, slowed=dict.fromkeys(["GET /a", "GET /b", "GET /c", "GET /d"], 1.15))
    measure = Measurements([all_slower])
    _, found = confirmed(measure, BASELINE)
    assert (measure.taken, found.verdict, found.failed) == (3, "unknown", False)
