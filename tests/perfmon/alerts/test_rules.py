"""The alert state machine: examples from the field's documents, and what must hold for every series of readings."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.alerts.rules import (
    FIRING_STATES,
    Incident,
    Reading,
    Rule,
    Severity,
    State,
    Transition,
    Unit,
    host_rules,
    request_rules,
    step,
)
from perfmon.budgets import Budgets

TICK_S = 5.0
START = 1_800_000_000.0


def make_rule(*, for_s: float = 60, keep_firing_s: float = 120, min_count: int = 1) -> Rule:
    return Rule("high_cpu", Severity.WARNING, "cpu", Unit.PCT, 80, 70, for_s, keep_firing_s, min_count, 60)


def run(rule: Rule, values: list[float | None], *, count: int = 100) -> tuple[list[Incident], list[Transition]]:
    incident, incidents, transitions = Incident(), [], []
    for tick, value in enumerate(values):
        incident, transition = step(rule, incident, Reading(value, count), START + tick * TICK_S)
        incidents.append(incident)
        if transition:
            transitions.append(transition)
    return incidents, transitions


def changes(transitions: list[Transition]) -> list[tuple[State, State]]:
    return [(item.old, item.new) for item in transitions]


def test_a_true_reading_is_pending_until_it_has_been_true_for_as_long_as_the_rule_asks() -> None:
    incidents, transitions = run(make_rule(for_s=60), [90.0] * 13)
    assert [item.state for item in incidents[:12]] == [State.PENDING] * 12
    assert incidents[12].state == State.FIRING
    assert transitions[1].at - transitions[0].at == 60


def test_one_false_reading_drops_a_pending_alert_and_the_wait_starts_again() -> None:
    _, transitions = run(make_rule(for_s=60), [90.0] * 12 + [50.0] + [90.0] * 12)
    assert changes(transitions) == [
        (State.INACTIVE, State.PENDING),
        (State.PENDING, State.INACTIVE),
        (State.INACTIVE, State.PENDING),
    ]


def test_without_a_wait_an_alert_fires_at_the_first_true_reading() -> None:
    _, transitions = run(make_rule(for_s=0), [90.0])
    assert changes(transitions) == [(State.INACTIVE, State.FIRING)]


def test_a_reading_of_exactly_the_limit_does_not_raise() -> None:
    assert run(make_rule(for_s=0), [80.0] * 3)[1] == []


def test_a_firing_alert_clears_only_below_the_lower_limit() -> None:
    incidents, _ = run(make_rule(for_s=0, keep_firing_s=0), [90.0, 75.0, 70.0, 69.9])
    assert [item.state for item in incidents] == [State.FIRING] * 3 + [State.RESOLVED]


def test_a_pending_alert_has_no_hysteresis() -> None:
    _, transitions = run(make_rule(for_s=60), [90.0, 75.0])
    assert changes(transitions)[-1] == (State.PENDING, State.INACTIVE)


def test_a_firing_alert_is_held_before_it_resolves_and_any_true_reading_ends_the_hold() -> None:
    values: list[float | None] = [90.0] + [10.0] * 3 + [75.0] + [10.0] * 25
    incidents, transitions = run(make_rule(for_s=0, keep_firing_s=120), values)
    assert changes(transitions) == [
        (State.INACTIVE, State.FIRING),
        (State.FIRING, State.HELD),
        (State.HELD, State.FIRING),
        (State.FIRING, State.HELD),
        (State.HELD, State.RESOLVED),
    ]
    assert transitions[-1].at - transitions[-2].at == 120
    assert incidents[-1].state == State.RESOLVED


def test_a_new_incident_after_a_resolved_one_starts_with_its_own_peak() -> None:
    incidents, _ = run(make_rule(for_s=0, keep_firing_s=0), [99.0, 10.0, 85.0])
    assert incidents[-1].state == State.FIRING
    assert incidents[-1].peak == 85.0
    assert incidents[-1].resolved_at is None


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
@pytest.mark.parametrize("before", [[], [90.0], [90.0] * 13, [90.0] * 13 + [10.0]])
def test_no_data_changes_nothing_in_any_state(before: list[float | None], value: float | None) -> None:
    rule = make_rule()
    incident = run(rule, before)[0][-1] if before else Incident()
    assert step(rule, incident, Reading(value, 100), START + 1000) == (incident, None)


def test_too_few_events_say_nothing() -> None:
    assert run(make_rule(for_s=0, min_count=20), [100.0] * 5, count=19)[1] == []
    assert len(run(make_rule(for_s=0, min_count=20), [100.0] * 5, count=20)[1]) == 1


def test_an_evaluation_that_comes_late_is_skipped() -> None:
    rule = make_rule(for_s=0, keep_firing_s=0)
    firing, _ = step(rule, Incident(), Reading(90, 1), START)
    assert step(rule, firing, Reading(10, 1), START - 5) == (firing, None)
    assert step(rule, firing, Reading(10, 1), START) == (firing, None)


def test_the_budgets_make_the_documents_four_rules() -> None:
    rules = {(rule.name, rule.severity): rule for rule in (*request_rules(Budgets()), *host_rules(Budgets()))}
    limits = {key: (rule.raise_above, rule.clear_below) for key, rule in rules.items()}
    assert limits == {
        ("high_response_time", "warning"): (2000, 1800),
        ("high_error_rate", "warning"): (1, 0.9),
        ("high_error_rate", "critical"): (5, 4.5),
        ("high_cpu", "warning"): (80, 70),
        ("high_memory", "warning"): (85, 75),
    }
    assert rules["high_error_rate", Severity.CRITICAL].for_s == 30
    assert rules["high_error_rate", Severity.WARNING].min_count == 20


readings = st.lists(st.none() | st.floats(0, 100), max_size=120)
durations = st.sampled_from([0, 5, 15, 60])


@given(st.lists(st.floats(70, 100), min_size=1, max_size=200))
def test_oscillation_between_the_limits_is_one_alert(values: list[float]) -> None:
    _, transitions = run(make_rule(for_s=0), [90.0, *values])
    assert changes(transitions) == [(State.INACTIVE, State.FIRING)]


@given(readings, durations, durations)
def test_every_resolved_follows_a_firing_and_pending_never_resolves(
    values: list[float | None], for_s: float, keep_s: float
) -> None:
    _, transitions = run(make_rule(for_s=for_s, keep_firing_s=keep_s), values)
    fired = 0
    for item in transitions:
        fired += (item.old not in FIRING_STATES) and item.new == State.FIRING
        if item.new == State.RESOLVED:
            assert item.old in FIRING_STATES
            assert fired == 1
            fired = 0


@given(readings, durations, durations)
def test_transitions_form_a_chain_and_no_state_follows_itself(
    values: list[float | None], for_s: float, keep_s: float
) -> None:
    _, transitions = run(make_rule(for_s=for_s, keep_firing_s=keep_s), values)
    assert all(item.old != item.new for item in transitions)
    for one, two in pairwise(transitions):
        # An ended incident is forgotten: the next one begins at inactive.
        assert two.old == (State.INACTIVE if one.new == State.RESOLVED else one.new)
        assert one.at < two.at


@given(readings, durations, durations)
def test_readings_without_data_make_no_transition_and_hide_none(
    values: list[float | None], for_s: float, keep_s: float
) -> None:
    rule = make_rule(for_s=for_s, keep_firing_s=keep_s)
    incident = Incident()
    for tick, value in enumerate(values):
        after, transition = step(rule, incident, Reading(value, 1), START + tick * TICK_S)
        if value is None:
            assert (after, transition) == (incident, None)
        incident = after


@given(readings, durations, durations)
def test_an_incident_that_is_saved_and_restored_goes_on_as_if_nothing_happened(
    values: list[float | None], for_s: float, keep_s: float
) -> None:
    rule = make_rule(for_s=for_s, keep_firing_s=keep_s)
    whole, _ = run(rule, values)
    incident = Incident()
    for tick, value in enumerate(values):
        kept = {name: getattr(incident, name) for name in Incident.__slots__}
        incident, _ = step(rule, Incident(**kept), Reading(value, 100), START + tick * TICK_S)
    assert not whole or incident == whole[-1]


@given(st.lists(st.floats(0, 100), max_size=200), durations)
def test_an_alert_fires_only_after_readings_above_the_limit_for_the_whole_wait(
    values: list[float], for_s: float
) -> None:
    _, transitions = run(make_rule(for_s=for_s, keep_firing_s=0), list(values))
    for item in transitions:
        if item.old in (State.INACTIVE, State.PENDING) and item.new == State.FIRING:
            last = int((item.at - START) / TICK_S)
            first = last - int(for_s / TICK_S)
            assert all(value > 80 for value in values[first : last + 1])
