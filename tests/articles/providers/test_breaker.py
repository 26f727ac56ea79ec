"""The breaker as a pure machine: whatever happens, in whatever order, these hold."""

from __future__ import annotations

import json
from typing import Any

import hypothesis.strategies as st
from hypothesis import given
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from articles.providers import breaker
from articles.providers.breaker import CLOSED, HALF_OPEN, OPEN, State

NOW = 1_800_000_000.0


def opened(now: float = NOW) -> State:
    state = State()
    for _ in range(breaker.IN_A_ROW):
        state = breaker.after_fault(state, now, "It crashed.")
    return state


def test_it_opens_after_so_many_faults_in_a_row_and_not_before() -> None:
    state = State()
    for _ in range(breaker.IN_A_ROW - 1):
        state = breaker.after_fault(state, NOW, "It crashed.")
        assert state.state == CLOSED
    assert breaker.after_fault(state, NOW, "It crashed.").state == OPEN


def test_a_success_between_keeps_it_closed() -> None:
    state = State()
    for number in range(20):
        state = breaker.after_fault(state, NOW + 100 * number, "It crashed.")
        state = breaker.after_success(state, NOW + 100 * number)
    assert state.state == CLOSED


def test_many_faults_within_a_minute_open_it_though_others_go_well() -> None:
    state = State()
    for number in range(breaker.IN_WINDOW):
        state = breaker.after_success(state, NOW + number)
        state = breaker.after_fault(state, NOW + number, "It crashed.")
    assert state.state == OPEN


def test_a_rejected_key_opens_it_at_once() -> None:
    assert breaker.after_fault(State(), NOW, "The key.", is_final=True).state == OPEN


def test_its_cool_down_doubles_to_a_limit_and_begins_anew_after_a_success() -> None:
    state, now, waits = opened(), NOW, []
    for _ in range(7):
        waits.append(breaker.wait_s(state, now))
        now = state.retry_at
        state = breaker.after_fault(breaker.admit(state, now, "me"), now, "Still.")
    assert waits == [5, 10, 20, 40, 80, 120, 120]
    now = state.retry_at
    state = breaker.after_success(breaker.admit(state, now, "me"), now)
    assert state.state == CLOSED
    assert breaker.wait_s(opened(now), now) == 5


def test_a_call_that_began_before_it_opened_changes_nothing() -> None:
    state = opened()
    assert breaker.after_success(state, NOW + 1) == state
    late = breaker.after_fault(state, NOW + 1, "Late.")
    assert (late.state, late.retry_at) == (OPEN, state.retry_at)


def test_one_call_finds_out_and_a_lost_one_is_followed_by_another() -> None:
    now = NOW + breaker.COOL_DOWN_S
    state = breaker.admit(opened(), now, "first")
    assert not breaker.admits(state, now)
    state = breaker.kept_up(state, now + 5, "first")
    assert not breaker.admits(state, now + 10)
    assert breaker.admits(state, now + 5 + breaker.PROBE_S)
    assert breaker.admits(breaker.let_go(state, "first"), now)
    assert not breaker.admits(breaker.let_go(state, "another"), now + 6)


def test_a_wish_to_be_left_alone_is_kept_to_the_second_and_opens_nothing() -> None:
    state = breaker.after_wish(State(), NOW, "Too many.", 7)
    assert state.state == CLOSED
    assert not breaker.admits(state, NOW + 6.999)
    assert breaker.admits(state, NOW + 7)
    shorter = breaker.after_wish(state, NOW + 1, "Too many.", 1)
    assert not breaker.admits(shorter, NOW + 6)


def test_a_check_that_goes_well_lets_a_call_find_out() -> None:
    state = breaker.after_check(opened(), NOW + 1)
    assert state.state == HALF_OPEN
    assert breaker.admits(state, NOW + 1)


WAITS = st.integers(0, 400).map(lambda halves: halves / 2)


class Machine(RuleBasedStateMachine):
    """Any order of everything that can happen to an endpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.now = State(), NOW
        self.callers = 0

    @rule(wait_s=WAITS)
    def time_passes(self, wait_s: float) -> None:
        self.now += wait_s

    @rule(is_final=st.booleans())
    def a_call_fails(self, is_final: bool) -> None:
        self.state = breaker.after_fault(self.state, self.now, "It crashed.", is_final=is_final)
        assert self.state.state != HALF_OPEN or self.now < self.state.retry_at

    @rule()
    def a_call_succeeds(self) -> None:
        self.state = breaker.after_success(self.state, self.now)

    @rule(wait_s=WAITS)
    def it_asks_to_wait(self, wait_s: float) -> None:
        self.state = breaker.after_wish(self.state, self.now, "Too many.", wait_s)
        assert not breaker.admits(self.state, self.now) or wait_s == 0

    @rule()
    def a_check_goes_well(self) -> None:
        self.state = breaker.after_check(self.state, self.now)

    @rule()
    def a_call_passes_if_it_may(self) -> None:
        may = breaker.admits(self.state, self.now)
        if not may:
            return
        self.callers += 1
        self.state = breaker.admit(self.state, self.now, f"caller {self.callers}")
        # When it is not known to be well, this one is alone.
        assert self.state.state == CLOSED or not breaker.admits(self.state, self.now)

    @invariant()
    def who_waits_as_long_as_it_says_may_pass(self) -> None:
        wait_s = breaker.wait_s(self.state, self.now)
        assert (wait_s == 0) == breaker.admits(self.state, self.now)
        assert breaker.admits(self.state, self.now + wait_s + 0.001)

    @invariant()
    def it_is_never_left_alone_for_ever(self) -> None:
        assert breaker.wait_s(self.state._replace(rests_until=0.0), self.now) <= breaker.MOST_COOL_DOWN_S

    @invariant()
    def it_comes_through_json_unchanged(self) -> None:
        assert breaker.unpacked(json.loads(json.dumps(breaker.packed(self.state)))) == self.state


TestMachine = Machine.TestCase


@given(st.dictionaries(st.text(max_size=8), st.integers()))
def test_what_another_release_stored_is_read(values: dict[str, Any]) -> None:
    further = {f"later_{name}": value for name, value in values.items()}
    assert breaker.unpacked({**breaker.packed(State()), **further}) == State()
