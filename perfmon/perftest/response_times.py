"""The first check: many requests one after the other on a kept connection; the 95th percentile is judged."""

from __future__ import annotations

from contextlib import closing
from time import monotonic

from perfmon.perftest.cases import Case, Finding
from perfmon.perftest.samples import Sample
from perfmon.perftest.subjects import Subject, Tell

CHECK = "time"
TELL_EACH = 20


def check_times(subject: Subject, route: str, tell: Tell) -> Case:
    """Warm the route up, then measure it; every answer must have the expected status."""
    extent, began_s = subject.extent, monotonic()
    sample = Sample()
    with closing(subject.connection()) as connection:
        for _ in range(extent.time_warm_up):
            connection.get(route)
        warm_connections = connection.opened
        for done in range(extent.time_requests):
            sample.add(connection.get(route))
            if done % TELL_EACH == 0:
                tell(done, extent.time_requests)
        reopened = connection.opened - warm_connections
    times_ms = sample.times_ms()
    return Case(
        CHECK,
        route,
        (
            Finding("p95", times_ms["p95"], "<=", subject.budgets.p95_ms, "ms"),
            Finding("failed", sample.failed, "<=", 0, "requests"),
        ),
        {"requests": sample.count, **times_ms, "failed": sample.failed, "reopened": reopened},
        dict(sample.failures),
        took_s=monotonic() - began_s,
    )
