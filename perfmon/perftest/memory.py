"""The third check: the memory of the server's processes, read at regular numbers of requests.

A quarter of the requests come before the first reading that counts: caches fill, threads and connections are made.
"""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import Any

from perfmon.perftest.cases import Case, Finding
from perfmon.perftest.drifting import drift_of
from perfmon.perftest.growth import Drift, growth_of
from perfmon.perftest.memory_runs import MemoryRun
from perfmon.perftest.processes import ServerProcesses
from perfmon.perftest.subjects import Subject, Tell
from perfmon.perftest.volleys import volley

CHECK = "memory"
WARM_UP_SHARE = 0.25
WARM_UP_STEPS = 10
READINGS = 75  # in the part that counts, one for each percent of the requests
MIN_REQUESTS = 400
MIN_MEASURED = 4 * READINGS
PER = 1000  # the unit of the document's limit: growth a thousand requests
ENDED = "one of the server's processes ended while its memory was measured"
OTHERS = "the server's processes are others than at the beginning"


def check_memory(subject: Subject, route: str, tell: Tell) -> Case:
    """Send the requests and judge the slope of the server's memory; raises PerftestError when it can't be read."""
    began_s = monotonic()
    cold_bytes = subject.processes().memory_bytes()
    volley(subject, route)  # every thread of the server has its own connections and caches
    with closing(subject.connection()) as connection:
        run = MemoryRun(subject, route, connection, tell)
        broken = _warm_up(run, subject.extent.memory_requests)
        processes = subject.processes()  # anew: servers also start processes when they are needed
        figures: dict[str, Any] = {"processes": str(processes), "reading": processes.reading}
        findings: tuple[Finding, ...] = ()
        if not broken:
            broken = _measure(run, processes, subject.extent.memory_requests)
        figures["requests"] = run.sample.count
        if not broken:
            findings = _judge(subject, run, processes, cold_bytes, figures)
    failures = dict(run.sample.failures)
    return Case(CHECK, route, findings, figures, failures, broken, monotonic() - began_s)


def _warm_up(run: MemoryRun, requests: int) -> str:
    for at in range(WARM_UP_STEPS):
        share = WARM_UP_SHARE * (at + 1) / WARM_UP_STEPS
        run.send(max(1, round(requests * WARM_UP_SHARE / WARM_UP_STEPS)), run.limit_s * share)
        if run.sample.failed * 2 > run.sample.count:
            return f"{run.sample.failed} of the first {run.sample.count} requests failed"
    return ""


def _measure(run: MemoryRun, processes: ServerProcesses, requests: int) -> str:
    """Read the memory at regular numbers of requests, or at regular times when the route is too slow for that."""
    began_s, before = run.passed_s, run.sample.count
    left, left_s = requests - before, run.limit_s - began_s
    if not run.read(processes):
        return ENDED
    for at in range(READINGS):
        run.send((at + 1) * left // READINGS - at * left // READINGS, began_s + left_s * (at + 1) / READINGS)
        if not run.read(processes):
            return ENDED
    if run.sample.count - before < MIN_MEASURED:
        return f"{run.sample.count} requests in {run.passed_s:.0f} s are too few to judge by; allow more time"
    return OTHERS if processes.changed() else ""


def _judge(
    subject: Subject, run: MemoryRun, processes: ServerProcesses, cold_bytes: int | None, figures: dict[str, Any]
) -> tuple[Finding, ...]:
    """Return the findings, and add to the figures what they are made of."""
    budgets, success_pct = subject.budgets, run.sample.success_pct
    growth, drift = growth_of(run.readings), Drift()
    if growth.lasting_bytes > budgets.perftest_leak_bytes:
        drift = drift_of(run, processes, subject.extent.drift_s)
        growth = growth_of(run.readings, drift)
    first, last = run.readings[0], run.readings[-1]
    total_bytes = (last.bytes_ - (cold_bytes or first.bytes_)) * PER / max(PER, last.requests)
    figures |= {
        "steady_bytes": growth.steady.whole.value,
        "band_bytes": [growth.steady.whole.low, growth.steady.whole.high],
        "parts_bytes": growth.steady.parts,
        "overall_bytes": growth.left,
        "drift_bytes_a_s": [drift.steady, drift.mean],
        "cold_bytes": cold_bytes,
        "warm_bytes": first.bytes_,
        "end_bytes": last.bytes_,
        "success_pct": success_pct,
        "readings": [[one.requests, one.bytes_, round(one.at_s, 3)] for one in run.readings],
    }
    return (
        Finding("growth", growth.lasting_bytes, "<=", budgets.perftest_leak_bytes, "B"),
        Finding("total growth", total_bytes, "<=", budgets.perftest_growth_bytes, "B"),
        Finding("success", success_pct, ">", budgets.perftest_success_pct, "%"),
    )
