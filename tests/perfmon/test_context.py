"""One trace id for a piece of work: its caller's when it sends a valid one, else one made when it is asked for."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from perfmon.context import current, find_trace_id, muted, read_traceparent, trace_id, write_traceparent
from perfmon.middleware import PerfmonMiddleware

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
hexadecimal = st.integers(1, 2**128 - 1).map(lambda number: f"{number:032x}")
pytestmark = pytest.mark.usefixtures("recording")


def asked(method: str = "POST", **headers: str) -> tuple[list[str], HttpResponse]:
    """Serve a request whose view asks twice; return what it was told, and the answer."""
    told: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        told.extend((trace_id(), find_trace_id()))
        return HttpResponse()

    request = RequestFactory().generic(method, "/", headers=headers)
    return told, PerfmonMiddleware(view)(request)  # type: ignore[return-value]


@given(hexadecimal)
def test_what_is_written_is_read_back(trace):
    assert read_traceparent(write_traceparent(trace)) == trace


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00",
        PARENT[:-1],
        f"{PARENT}-more",  # version 00 has four parts
        PARENT.upper(),
        f"ff-{TRACE}-00f067aa0ba902b7-01",
        f"00-{'0' * 32}-00f067aa0ba902b7-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f" {PARENT}",
        f"{PARENT}\n",
    ],
)
def test_what_is_no_traceparent_is_not_taken(header):
    assert read_traceparent(header) == ""


def test_a_later_version_may_say_more():
    assert read_traceparent(f"01-{TRACE}-00f067aa0ba902b7-01-more") == TRACE


def test_a_request_goes_on_with_its_callers_trace():
    told, _response = asked(traceparent=PARENT)
    assert told == [TRACE, TRACE]


@pytest.mark.parametrize("headers", [{}, {"traceparent": "rubbish"}])
def test_a_request_without_one_has_an_id_of_its_own(headers):
    told, _response = asked(**headers)
    assert told[0] == told[1]
    assert re.fullmatch("[0-9a-f]{32}", told[0])
    assert asked(**headers)[0] != told


def test_outside_of_requests_there_is_none_and_each_that_is_asked_for_is_new():
    assert find_trace_id() == ""
    assert trace_id() != trace_id()
    with muted():
        assert find_trace_id() == ""


def test_the_id_is_not_made_before_it_is_needed():
    traces = []

    def view(request: HttpRequest) -> HttpResponse:
        traces.append(current.get())
        return HttpResponse()

    response = PerfmonMiddleware(view)(RequestFactory().post("/"))
    assert traces[0].trace_id == ""
    assert "X-Trace-Id" not in response.headers


def test_the_answer_to_what_began_something_names_its_trace():
    told, response = asked("POST")
    assert response.headers["X-Trace-Id"] == told[0]


def test_an_answer_that_others_may_be_given_names_none():
    assert "X-Trace-Id" not in asked("GET")[1].headers


async def test_an_async_view_has_one_too():
    told: list[str] = []

    async def view(request: HttpRequest) -> HttpResponse:
        told.append(trace_id())
        return HttpResponse()

    response = await PerfmonMiddleware(view)(RequestFactory().post("/", headers={"traceparent": PARENT}))  # type: ignore[misc]
    assert told == [TRACE]
    assert response.headers["X-Trace-Id"] == TRACE
