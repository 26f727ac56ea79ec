"""Times: many warm requests on one connection, every answer looked at."""

from __future__ import annotations

import socket

from hypothesis import given
from hypothesis import strategies as st

from perfmon.budgets import Budgets
from perfmon.perftest.cases import FAILED, PASSED
from perfmon.perftest.connections import Exchange
from perfmon.perftest.response_times import check_times
from perfmon.perftest.samples import Sample

MS = 1_000_000


def nothing(done, total):
    """Hear how far it is."""


def test_the_requests_to_warm_up_are_not_counted_and_one_connection_serves_all(serve, subject_of, ok):
    server = serve(ok)
    case = check_times(subject_of(server, time_requests=50, time_warm_up=5), "/", nothing)
    assert case.verdict == PASSED
    assert (case.figures["requests"], case.figures["reopened"]) == (50, 0)
    assert (server.requests, server.connections) == (55, 1)


def test_one_answer_of_another_status_fails_the_check(serve, subject_of):
    def answer(connection: socket.socket, route: str, number: int) -> None:
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n" % (401 if number == 20 else 200))

    case = check_times(subject_of(serve(answer)), "/", nothing)
    assert case.verdict == FAILED
    assert case.failures == {"401": 1}
    assert [one.name for one in case.findings if not one.passed] == ["failed"]


def test_the_limit_is_that_of_the_budgets_and_it_binds_the_95th_percentile(serve, subject_of, ok):
    case = check_times(subject_of(serve(ok), budgets=Budgets(p95_ms=0)), "/", nothing)
    assert case.verdict == FAILED
    assert [one.name for one in case.findings if not one.passed] == ["p95"]


@given(st.lists(st.integers(0, 10**10), min_size=1, max_size=300), st.floats(0.1, 100))
def test_a_percentile_is_the_smallest_duration_that_so_many_do_not_exceed(durations, percent):
    found = Sample(Exchange(0, one) for one in durations).percentile_ms(percent)
    within = sum(one / MS <= found for one in durations)
    below = sum(one / MS < found for one in durations)
    assert within >= percent * len(durations) / 100
    assert below < percent * len(durations) / 100


@given(st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from(["", "503", "timed out"])), min_size=1))
def test_failures_are_counted_and_stay_among_the_times(pairs):
    sample = Sample(Exchange(0, duration, failure) for duration, failure in pairs)
    assert sample.count == len(pairs)
    assert sample.failed == sum(bool(failure) for _, failure in pairs)
    assert sample.percentile_ms(100) == max(duration for duration, _ in pairs) / MS


def test_nothing_measured_is_no_figure():
    assert Sample().times_ms() == {"p50": None, "p95": None, "p99": None, "worst": None}
    assert Sample().success_pct is None
