"""JUnit's XML: well formed whatever was answered, with the numbers that build servers add up."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from perfmon.perftest.cases import Case, Finding
from perfmon.perftest.junit import junit_xml
from perfmon.perftest.suite import Report

SLOW = Finding("p95", 1204.0, "<=", 1000.0, "ms")
FAST = Finding("p95", 12.0, "<=", 1000.0, "ms")


def read(*cases):
    report = Report("http://127.0.0.1:1", "", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), list(cases))
    return ET.fromstring(junit_xml(report))


def test_a_suite_for_each_check_and_a_case_for_each_route():
    suites = read(
        Case("time", "/", (FAST,), {"p95": 12.0}, took_s=1.5),
        Case("time", "/slow", (SLOW,), {"p95": 1204.0}, {"503": 2}),
        Case("memory", "/", broken="one of the server's processes ended"),
    )
    assert suites.attrib == {"name": "perftest", "tests": "3", "failures": "1", "errors": "1", "time": "1.500"}
    first, second = suites
    assert (first.get("name"), first.get("tests"), first.get("failures")) == ("perftest.time", "2", "1")
    assert first.get("timestamp") == "2026-01-02T03:04:05"
    assert (second.get("name"), second.get("errors")) == ("perftest.memory", "1")
    assert [case.get("name") for case in suites.iter("testcase")] == ["GET /", "GET /slow", "GET /"]
    assert {case.get("classname") for case in first} == {"perftest.time"}


def test_a_failure_tells_the_figure_and_its_limit_and_what_failed():
    failure = read(Case("time", "/", (SLOW, FAST), {"p95": 1204.0}, {"503": 2, "timed out": 5})).find(".//failure")
    assert (
        failure.get("message")
        == "p95 1.20\N{NO-BREAK SPACE}s, limit 1.00\N{NO-BREAK SPACE}s; failed: timed out × 5, 503 × 2"
    )
    assert failure.get("type") == "LimitExceeded"


def test_a_case_that_passed_holds_its_figures_and_nothing_else():
    (case,) = read(Case("time", "/", (FAST,), {"p95": 12.0})).iter("testcase")
    assert [child.tag for child in case] == ["system-out"]
    assert "p95 12.0" in case[0].text


@given(st.text(), st.text())
def test_it_is_well_formed_whatever_stands_in_routes_and_reasons(route, why):
    case = read(Case("memory", route, broken=why or "-")).find(".//testcase")
    assert case.get("name").startswith("GET ")
    assert case.find("error") is not None
