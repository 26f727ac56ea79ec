"""A report as plain text for a terminal: a table for each check, then what is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from perfmon.perftest import memory, response_times, volleys
from perfmon.perftest.cases import PASSED, Case
from perfmon.perftest.subjects import Extent
from perfmon.perftest.suite import Report
from perfmon.perftest.wording import VERDICTS, cells, shortcomings_of

TITLES = {
    response_times.CHECK: gettext_lazy("Response time: %(time_requests)s requests one after the other"),
    volleys.CHECK: gettext_lazy("Concurrency: %(volleys)s volleys of %(at_once)s requests at once"),
    memory.CHECK: gettext_lazy(
        "Memory of the server: growth over %(memory_requests)s requests a route, or fewer where time is over"
    ),
}
NUMBERS = ("time_requests", "at_once", "volleys", "memory_requests")


def report_text(report: Report, extent: Extent) -> str:
    """Return the whole report."""
    return "\n".join(_lines(report, extent)) + "\n"


def _lines(report: Report, extent: Extent) -> Iterator[str]:
    server = f" ({report.server})" if report.server else ""
    yield _("Performance test of %(host)s") % {"host": report.host} + server
    for check, cases in groupby(report.cases, key=lambda case: case.check):
        yield ""
        yield str(TITLES[check]) % {name: f"{getattr(extent, name):,}" for name in NUMBERS}
        yield from _table(list(cases))
    yield from _shortcomings(report)
    yield ""
    yield _summary(report)


def _table(cases: list[Case]) -> Iterator[str]:
    titles = ["", *cells(cases[0])[0], ""]
    rows = [[case.name, *cells(case)[1], str(VERDICTS[case.verdict])] for case in cases]
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for row in (titles, *rows):
        first, *middle, last = row
        figures = [text.rjust(width) for text, width in zip(middle, widths[1:-1], strict=True)]
        yield f"  {'  '.join([first.ljust(widths[0]), *figures, last])}".rstrip()


def _shortcomings(report: Report) -> Iterator[str]:
    bad = [case for case in report.cases if case.verdict != PASSED]
    if bad or report.left_out:
        yield ""
    for case in bad:
        yield f"{case.check} {case.name}: {'; '.join(shortcomings_of(case))}"
        if "429" in case.failures:
            yield _("  429 is the site's own limit of requests; raise it for the test, or test another route.")
    for route, why in report.left_out.items():
        yield _("left out GET %(route)s: %(why)s") % {"route": route, "why": why}


def _summary(report: Report) -> str:
    passed = sum(case.verdict == PASSED for case in report.cases)
    total = len(report.cases)
    values = {"passed": passed, "total": total, "took": f"{report.took_s:.0f}"}
    if report.stopped:
        return _("Stopped: %(passed)s of %(total)s checks begun have passed, in %(took)s s.") % values
    return _("%(passed)s of %(total)s checks passed in %(took)s s.") % values
