"""Volleys: truly at once, every failure counted and kept among the times."""

from __future__ import annotations

import socket
import threading

import pytest

from perfmon.budgets import Budgets
from perfmon.perftest.cases import FAILED, PASSED
from perfmon.perftest.volleys import check_volleys, volley

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def nothing(done, total):
    """Hear how far it is."""


def findings(case):
    return {one.name: one for one in case.findings}


@pytest.mark.parametrize("at_once", [2, 100])
def test_all_of_a_volley_are_at_the_server_before_any_is_answered(serve, subject_of, at_once):
    barrier = threading.Barrier(at_once)

    def answer_together(connection: socket.socket, route: str, number: int) -> None:
        barrier.wait(20)
        connection.sendall(OK)

    server = serve(answer_together)
    exchanges = volley(subject_of(server, at_once=at_once, timeout_s=30), "/")
    assert [one.failure for one in exchanges] == [""] * at_once
    assert server.connections == at_once


def test_volleys_that_succeed_pass_and_the_one_to_warm_up_is_not_counted(serve, subject_of, ok):
    server = serve(ok)
    case = check_volleys(subject_of(server, at_once=8, volleys=3), "/", nothing)
    assert case.verdict == PASSED
    assert (case.figures["requests"], server.requests, server.connections) == (24, 32, 32)


def test_the_success_rate_is_that_of_the_worst_volley_and_failures_stay_among_the_times(serve, subject_of):
    def answer(connection: socket.socket, route: str, number: int) -> None:
        if number == 25:  # one of twenty, in the first that counts: 95 % are not more than 95 %
            connection.shutdown(socket.SHUT_RDWR)
        connection.sendall(OK)

    case = check_volleys(subject_of(serve(answer), at_once=20, volleys=3), "/", nothing)
    assert case.verdict == FAILED
    assert findings(case)["success"].measured == 95
    assert findings(case)["p95"].passed
    assert case.figures["requests"] == 60
    assert case.failures == {"connection closed": 1}


def test_those_never_answered_have_failed_with_the_time_they_were_given(serve, subject_of):
    def answer(connection: socket.socket, route: str, number: int) -> None:
        if number >= 10 and number % 2:
            threading.Event().wait(0)
            return
        connection.sendall(OK)

    budgets = Budgets(perftest_at_once_p95_ms=150)
    case = check_volleys(subject_of(serve(answer), budgets=budgets, at_once=10, volleys=1, timeout_s=0.3), "/", nothing)
    assert case.failures == {"timed out": 5}
    assert findings(case)["success"].measured == 50
    assert findings(case)["p95"].measured >= 300
    assert not findings(case)["p95"].passed


def test_a_server_that_takes_no_connection_fails_every_request(serve, subject_of, ok):
    server = serve(ok)
    subject = subject_of(server, at_once=5, volleys=2)
    server.close()
    case = check_volleys(subject, "/", nothing)
    assert case.verdict == FAILED
    assert case.failures == {"connection refused": 10}
    assert case.figures["success_pct"] == 0
