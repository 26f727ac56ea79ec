"""The search for the break point, against a queue whose capacity is known."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from perfmon.loadtest.profiles import Search
from perfmon.loadtest.stress import GROWING, RECOVERING, REFINING, RESTING, BreakPointSearch, Knee
from tests.perfmon.loadtest.queueing import QueueServer, searched

SEARCH = Search()


def knee_of(server: QueueServer, search: Search = SEARCH) -> Knee:
    """Search to the end."""
    searching = BreakPointSearch(search)
    searched(searching, server)
    knee = searching.knee()
    assert knee is not None
    return knee


@settings(max_examples=60)
@given(
    capacity=st.floats(5, 1000), places=st.integers(1, 16), noise=st.floats(0, 0.5), seed=st.integers(0, 1000)
)  # fmt: skip
def test_the_knee_is_within_15_percent_of_the_capacity(capacity, places, noise, seed):
    places = min(places, max(1, int(capacity / 4)))  # an answer takes a quarter of a second at most
    knee = knee_of(QueueServer(capacity, places, noise, seed))
    assert knee.found
    assert 0.85 * capacity <= knee.rate <= 1.15 * capacity
    assert knee.rate < knee.broke_at <= 1.25 * capacity
    assert knee.delivered <= 1.2 * capacity


@settings(max_examples=30)
@given(
    capacity=st.floats(0.3, 1e5), places=st.integers(1, 100), noise=st.floats(0, 1), growth=st.floats(1.1, 5),
    start=st.floats(0.5, 200), refine=st.integers(0, 6), patience_s=st.one_of(st.none(), st.floats(0, 2)),
)  # fmt: skip
def test_it_always_ends_in_its_time(capacity, places, noise, growth, start, refine, patience_s):
    search = Search(start, growth, most=300, refine=refine, most_s=120)
    searching = BreakPointSearch(search)
    assert searched(searching, QueueServer(capacity, places, noise, patience_s=patience_s)) <= 120
    knee = searching.knee()
    assert knee is None or knee.broke_at is None or knee.rate < knee.broke_at


@settings(max_examples=20)
@given(capacity=st.floats(5, 300), more=st.floats(1.3, 3), seed=st.integers(0, 100))
def test_more_capacity_is_a_higher_knee(capacity, more, seed):
    slow, fast = (knee_of(QueueServer(one, 2, 0.2, seed)) for one in (capacity, capacity * more))
    assert slow.rate < fast.rate


def test_what_it_finds_says_how_it_came_to_it():
    knee = knee_of(QueueServer(40)).to_json()
    assert [round(step["rate"]) for step in knee["steps"]] == [10, 15, 22, 34, 51, 41, 41, 37, 39]
    assert [step["why"] for step in knee["steps"]] == ["", "", "", "", "backlog", "backlog", "backlog", "", ""]
    assert knee["why"] == "backlog"
    assert knee["recovery_s"] == 4
    assert json.loads(json.dumps(knee)) == knee


def test_it_goes_through_its_phases_in_order():
    searching, server, phases = BreakPointSearch(SEARCH), QueueServer(40), []
    for at in range(200):
        if not phases or phases[-1] != searching.phase:
            phases.append(searching.phase)
        rate = searching.target()
        window, busy = server.second(at, rate)
        searching.observe(at + 1.0, rate, window, 0, busy)
        if searching.finished:
            break
    assert phases == [GROWING, RECOVERING, REFINING, RESTING, REFINING, RESTING, REFINING]


def test_a_server_that_never_breaks_has_no_break_point():
    knee = knee_of(QueueServer(1e6), replace(SEARCH, most=50))
    assert (knee.rate, knee.broke_at, knee.why, knee.found) == (50, None, "", False)
    assert knee.recovery_s is None


def test_where_the_first_step_breaks_it_goes_down():
    knee = knee_of(QueueServer(5, places=1), replace(SEARCH, start=40.0))
    assert knee.found
    assert 4.25 <= knee.rate <= 5.75


def test_a_server_that_fails_at_any_rate_has_no_rate_that_held():
    knee = knee_of(QueueServer(100, patience_s=-1e9))
    assert (knee.rate, knee.found, knee.why, knee.delivered) == (0, False, "errors", 0)


def test_refusals_break_a_step():
    knee = knee_of(QueueServer(40, patience_s=0.2))
    assert knee.why == "errors"
    assert knee.found
    assert 34 <= knee.rate <= 46


@settings(max_examples=40)
@given(at=st.integers(1, 80), length=st.integers(1, 2))
def test_a_pause_of_the_machine_is_not_the_break_point(at, length):
    knee = knee_of(QueueServer(40, stalls=tuple(range(at, at + length))))
    assert 34 <= knee.rate <= 46


def test_a_hopeless_step_is_given_up_early():
    searching, server = BreakPointSearch(replace(SEARCH, start=500.0)), QueueServer(5, places=1)
    at = 0
    while searching.phase == GROWING:
        window, busy = server.second(at, searching.target())
        at += 1
        searching.observe(float(at), 500, window, 0, busy)
    assert at <= 3


def test_a_server_that_does_not_come_back_ends_the_search():
    class Broken(QueueServer):
        def second(self, at, rate):
            return super().second(at, rate if at < 60 else rate + 100)

    knee = knee_of(Broken(80))
    assert knee.recovery_s is None or not knee.found or knee.rate > 0


def test_nothing_is_known_before_the_first_step_ended():
    assert BreakPointSearch(SEARCH).knee() is None
