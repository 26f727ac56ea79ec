"""The regression gate's judgement, on measurements made up with a busy machine's noise."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfmon.loadtest.compare import compare
from perfmon.loadtest.rounds import LEAST_ROUNDS, SERVICE, YARDSTICK, Rounds

ROUTES = {"GET /a": 800, "GET /b": 3000, "GET /c": 9000, "GET /d": 400}


def measured(
    seed: int, *, rounds: int = 30, places: int = 6, noise: float = 0.3, pace: float = 1.0,
    slowed: dict[str, float] | None = None, routes: dict[str, int] = ROUTES,
) -> Rounds:  # fmt: skip
    """Rounds of routes that take so many microseconds: noise only adds, and now and then a lot."""
    chance = random.Random(seed)

    def once(cost_us: float) -> int:
        extra = chance.expovariate(1 / noise) if noise else 0.0
        if noise and chance.random() < 0.2:
            extra += chance.expovariate(0.2)
        return round(cost_us * pace * (1 + extra))

    costs = {YARDSTICK: 1000.0} | {name: us * (slowed or {}).get(name, 1.0) for name, us in routes.items()}
    times = {name: [[once(us) for _ in range(places)] for _ in range(rounds)] for name, us in costs.items()}
    return Rounds("1/3.12", "3f2a", "http://127.0.0.1:8000", times, times, reached=dict.fromkeys(routes, "parameter"))


def verdicts(baseline: Rounds, rounds: Rounds) -> dict[str, str]:
    """Each action's verdict."""
    return {one.name: str(one.verdict) for one in compare(baseline, rounds).actions}


seeds = st.integers(0, 10_000)


@settings(max_examples=60)
@given(seeds, seeds, st.floats(0, 0.5))
def test_an_unchanged_build_passes_whatever_the_noise(seed, other, noise):
    found = compare(measured(seed, noise=noise), measured(other + 20_000, noise=noise))
    assert not found.failed
    assert found.comparable


@settings(max_examples=60)
@given(seeds, st.floats(0, 0.5), st.sampled_from(sorted(ROUTES)))
def test_a_route_that_is_a_fifth_slower_is_found_and_no_other(seed, noise, name):
    slow = measured(seed + 20_000, noise=noise, slowed={name: 1.2})
    found = compare(measured(seed, noise=noise), slow)
    assert found.failed
    assert {one.name for one in found.actions if one.verdict == "worse"} == {name}
    figure = next(one for one in found.actions if one.name == name).figures[0]
    assert figure.change == pytest.approx(20, abs=6)
    assert figure.low <= figure.change <= figure.high


@settings(max_examples=30)
@given(seeds, st.floats(0.3, 5), st.floats(0, 0.5))
def test_a_machine_that_became_slower_as_a_whole_changes_nothing(seed, pace, noise):
    baseline = measured(seed, noise=noise)
    same, slower = (measured(seed + 20_000, noise=noise, pace=one) for one in (1.0, pace))
    assert verdicts(baseline, same) == verdicts(baseline, slower)
    codes = {note["code"] for note in compare(baseline, slower).notes}
    assert "machine_slower" in codes or pace < 1.2


@settings(max_examples=30)
@given(seeds, st.floats(0, 0.5), st.floats(1.15, 3))
def test_turned_around_it_says_the_opposite(seed, noise, factor):
    one, other = measured(seed, noise=noise), measured(seed + 20_000, noise=noise, slowed={"GET /b": factor})
    there, back = verdicts(one, other), verdicts(other, one)
    assert there["GET /b"] == "worse" if factor > 1.2 else True
    assert back["GET /b"] == {"worse": "better", "same": "same", "unknown": "unknown"}[there["GET /b"]] or factor < 1.2


def test_a_faster_route_is_no_failure():
    found = compare(measured(1), measured(2, slowed={"GET /b": 0.7}))
    assert (found.failed, found.verdict) == (False, "better")


def test_what_is_slow_around_the_code_shows_in_the_whole_answer():
    baseline, rounds = measured(1), measured(2)
    service = {**rounds.service, "GET /b": [[us + 900 for us in one] for one in rounds.service["GET /b"]]}
    found = compare(baseline, replace(rounds, service=service))
    assert [one.name for one in found.actions if one.verdict == "worse"] == ["GET /b"]


def test_around_the_code_a_change_has_to_be_twice_as_large():
    baseline, rounds = measured(1), measured(2)
    service = {**rounds.service, "GET /b": [[us + 450 for us in one] for one in rounds.service["GET /b"]]}
    found = compare(baseline, replace(rounds, service=service))
    assert [one.verdict for one in found.actions] == ["same"] * len(ROUTES)
    assert found.actions[1].figures[1].change == pytest.approx(15, abs=4)
    assert compare(replace(baseline, server={}), replace(rounds, service=service, server={})).failed


def test_without_the_servers_own_time_the_whole_answer_is_judged():
    baseline, rounds = (replace(one, server={}) for one in (measured(1), measured(2, slowed={"GET /b": 1.2})))
    found = compare(baseline, rounds)
    assert [[one.figure for one in action.figures] for action in found.actions] == [[SERVICE]] * len(ROUTES)
    assert found.failed


def test_all_slower_together_may_be_the_machine_and_is_said():
    found = compare(measured(1), measured(2, slowed=dict.fromkeys(ROUTES, 1.15)))
    assert (found.failed, found.verdict) == (False, "unknown")
    assert [note["code"] for note in found.notes] == ["all_slower"]
    assert found.notes[0]["pct"] == pytest.approx(15, abs=4)


def test_all_slower_by_more_than_a_machine_explains_is_a_failure():
    found = compare(measured(1), measured(2, slowed=dict.fromkeys(ROUTES, 1.35)))
    assert found.failed
    assert [note["code"] for note in found.notes] == ["all_slower"]


def test_of_two_builds_measured_in_turns_all_slower_is_the_builds():
    found = compare(measured(1), measured(2, slowed=dict.fromkeys(ROUTES, 1.2)), beside=True)
    assert found.failed
    assert {one.verdict for one in found.actions} == {"worse"}


@settings(max_examples=30)
@given(seeds, st.floats(0.85, 1.2), st.floats(0, 0.5))
def test_one_slower_route_stands_out_where_a_busy_machine_slows_all(seed, site_pace, noise):
    routes = {name: round(us * site_pace) for name, us in ROUTES.items()}
    baseline, busy = measured(seed, noise=noise), measured(seed + 20_000, noise=noise, routes=routes)
    assert not compare(baseline, busy).failed
    slow = measured(seed + 20_000, noise=noise, routes=routes, slowed={"GET /b": 1.2})
    assert [one.name for one in compare(baseline, slow).actions if one.verdict == "worse"] == ["GET /b"]


@pytest.mark.parametrize(
    ("other", "code"),
    [({"machine": "ffff"}, "other_machine"), ({"yardstick": "2/3.12"}, "other_yardstick")],
)
def test_what_another_machine_or_yardstick_measured_is_not_compared(other, code):
    found = compare(measured(1), replace(measured(2, slowed={"GET /b": 2.0}), **other))
    assert (found.comparable, found.failed, found.verdict) == (False, False, "unknown")
    assert [note["code"] for note in found.notes] == [code]


@pytest.mark.parametrize("rounds", [1, LEAST_ROUNDS - 1])
def test_too_few_rounds_say_nothing(rounds):
    found = compare(measured(1), measured(2, rounds=rounds, slowed={"GET /b": 2.0}))
    assert (found.comparable, found.failed, found.verdict) == (False, False, "unknown")
    assert found.notes[0] == {"code": "few_rounds", "rounds": rounds, "least": LEAST_ROUNDS}


def test_different_requests_of_one_action_all_count():
    baseline, rounds = (replace(measured(seed), distinct={"GET /b": 2}) for seed in (1, 2))
    slow = [[us * (2 if place % 2 else 1) for place, us in enumerate(one)] for one in rounds.service["GET /b"]]
    found = compare(baseline, replace(rounds, server={**rounds.server, "GET /b": slow}))
    assert [one.name for one in found.actions if one.verdict == "worse"] == ["GET /b"]
    assert found.actions[1].figures[0].change == pytest.approx(50, abs=8)


def test_new_gone_and_failing_routes_are_named_and_judge_nothing():
    new = {**ROUTES, "GET /new": 500}
    del new["GET /a"]
    after = measured(2, routes=new)
    after = replace(after, failed={"GET /d": 503}, service={n: t for n, t in after.service.items() if n != "GET /d"})
    found = compare(measured(1), after)
    assert [(one.name, one.state) for one in found.actions if one.state != "both"] == [
        ("GET /new", "new"), ("GET /d", "gone"), ("GET /a", "gone"),
    ]  # fmt: skip
    assert found.notes == (
        {"code": "route_new", "name": "GET /new"},
        {"code": "route_failed", "name": "GET /d", "status": 503},
        {"code": "route_gone", "name": "GET /a"},
    )
    assert not found.failed


def test_a_route_that_caches_may_have_answered_is_named():
    after = replace(measured(2), reached={**measured(2).reached, "GET /a": "as it is"})
    assert compare(measured(1), after).notes == ({"code": "maybe_cached", "name": "GET /a"},)


@given(seeds, st.integers(10, 30), st.integers(10, 30))
def test_rounds_are_kept_as_json_and_more_can_be_added(seed, rounds, more):
    one, other = measured(seed, rounds=rounds), measured(seed + 1, rounds=more)
    assert Rounds.from_json(json.loads(json.dumps(one.to_json()))) == one
    both = one.and_more(other)
    assert both.count == rounds + more
    assert verdicts(both, both) == dict.fromkeys(ROUTES, "same")


def test_a_run_without_rounds_is_none_to_compare_with():
    with pytest.raises(ValueError, match="no rounds"):
        Rounds.from_json({})
    assert json.dumps(compare(measured(1), measured(2)).to_json())
