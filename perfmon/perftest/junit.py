"""A report as JUnit's XML, which build servers read: a suite for each check, a case for each route."""

from __future__ import annotations

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from perfmon.perftest.cases import BROKEN, FAILED, Case
from perfmon.perftest.suite import Report
from perfmon.perftest.wording import figures_text, shortcomings_of

_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 can't hold
#: What stands in a case that has not passed, and its type.
ELEMENTS = {FAILED: ("failure", "LimitExceeded"), BROKEN: ("error", "NotJudged")}


def junit_xml(report: Report) -> bytes:
    """Return the document in UTF-8."""
    suites = ET.Element("testsuites", {"name": "perftest", **_counts(report.cases)})
    for check, cases in groupby(report.cases, key=lambda case: case.check):
        _add_suite(suites, report, check, list(cases))
    ET.indent(suites)
    written: bytes = ET.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _counts(cases: list[Case]) -> dict[str, str]:
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.verdict == FAILED for case in cases)),
        "errors": str(sum(case.verdict == BROKEN for case in cases)),
        "time": f"{sum(case.took_s for case in cases):.3f}",
    }


def _add_suite(suites: ET.Element, report: Report, check: str, cases: list[Case]) -> None:
    at = report.started_at.strftime("%Y-%m-%dT%H:%M:%S")
    suite = ET.SubElement(
        suites, "testsuite", {"name": f"perftest.{check}", **_counts(cases), "skipped": "0", "timestamp": at}
    )
    for case in cases:
        _add_case(suite, case)


def _add_case(suite: ET.Element, case: Case) -> None:
    found = ET.SubElement(
        suite,
        "testcase",
        {"classname": f"perftest.{case.check}", "name": _held(case.name), "time": f"{case.took_s:.3f}"},
    )
    if case.verdict in ELEMENTS:
        element, kind = ELEMENTS[case.verdict]
        lines = [_held(line) for line in shortcomings_of(case)]
        ET.SubElement(found, element, {"type": kind, "message": "; ".join(lines)}).text = "\n".join(lines)
    if case.figures:
        ET.SubElement(found, "system-out").text = _held(figures_text(case))


def _held(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
