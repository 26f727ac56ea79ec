"""The third check: the memory of the server's processes, read at regular numbers of requests.

The client waits while it is read, so nothing is at work then. A quarter of the requests come before the first reading
that counts: caches fill, threads and connections are made.
"""

from __future__ import annotations

from contextlib import closing
from time import monotonic
from typing import Any

from perfmon.perftest.cases import Case, Finding
from perfmon.perftest.connections import Connection
from perfmon.perftest.growth import Growth, growth_of
from perfmon.perftest.processes import ServerProcesses
from perfmon.perftest.samples import Sample
from perfmon.perftest.slopes import Point
from perfmon.perftest.subjects import Subject, Tell
from perfmon.perftest.volleys import volley

CHECK = "memory"
WARM_UP_SHARE = 0.25
READINGS = 75  # in the part that counts, one for each percent of the requests
MIN_REQUESTS = 400
PER = 1000  # the unit of the document's limit: growth a thousand requests


class Run:
    """The requests of one route and the memory read between them."""

    def __init__(self, subject: Subject, route: str, connection: Connection, tell: Tell) -> None:
        self.sample = Sample()
        self.readings: list[Point] = []
        self._route, self._connection, self._tell = route, connection, tell
        self._total, self._limit_s = subject.extent.memory_requests, subject.extent.memory_limit_s
        self._deadline_s = monotonic() + self._limit_s

    def send(self, count: int) -> bool:
        """Send so many requests; False when the time is over."""
        for _ in range(count):
            self.sample.add(self._connection.get(self._route))
            if monotonic() > self._deadline_s:
                return False
        self._tell(self.sample.count, self._total)
        return True

    def read(self, processes: ServerProcesses) -> bool:
        """Read the server's memory; False when one of its processes has ended."""
        bytes_ = processes.memory_bytes()
        if bytes_ is not None:
            self.readings.append((self.sample.count, bytes_))
        return bytes_ is not None


def check_memory(subject: Subject, route: str, tell: Tell) -> Case:
    """Send the requests and judge the slope of the server's memory; raises PerftestError when it can't be read."""
    began_s = monotonic()
    cold_bytes = subject.processes().memory_bytes()
    volley(subject, route)  # every thread of the server has its own connections and caches
    with closing(subject.connection()) as connection:
        run = Run(subject, route, connection, tell)
        broken = _warm_up(run, subject.extent.memory_requests)
        processes = subject.processes()  # anew: servers also start processes when they are needed
        broken = broken or _measure(run, processes, subject.extent.memory_requests)
    growth = None if broken else growth_of(run.readings)
    figures = {"requests": run.sample.count, "processes": str(processes), "reading": processes.reading}
    return Case(
        CHECK,
        route,
        () if growth is None else _findings(subject, run, growth, cold_bytes),
        figures if growth is None else {**figures, **_figures(run, growth, cold_bytes)},
        dict(run.sample.failures),
        broken,
        monotonic() - began_s,
    )


def _warm_up(run: Run, requests: int) -> str:
    step = max(1, round(requests * WARM_UP_SHARE / 10))
    for _ in range(10):
        if not run.send(step):
            return _late(run, requests)
        if run.sample.failed * 2 > run.sample.count:
            return f"{run.sample.failed} of the first {run.sample.count} requests failed"
    return ""


def _measure(run: Run, processes: ServerProcesses, requests: int) -> str:
    left = requests - run.sample.count
    ended = "one of the server's processes ended while its memory was measured"
    if not run.read(processes):
        return ended
    for at in range(READINGS):
        if not run.send((at + 1) * left // READINGS - at * left // READINGS):
            return _late(run, requests)
        if not run.read(processes):
            return ended
    return "the server's processes are others than at the beginning" if processes.changed() else ""


def _late(run: Run, requests: int) -> str:
    return f"{run.sample.count} of {requests} requests took all the time there was; ask for fewer, or allow more time"


def _findings(subject: Subject, run: Run, growth: Growth, cold_bytes: int | None) -> tuple[Finding, ...]:
    budgets = subject.budgets
    return (
        Finding("growth", growth.lasting_bytes, "<=", budgets.perftest_leak_bytes, "B"),
        Finding("total growth", _total_bytes(run, cold_bytes), "<=", budgets.perftest_growth_bytes, "B"),
        Finding("success", run.sample.success_pct, ">", budgets.perftest_success_pct, "%"),
    )


def _total_bytes(run: Run, cold_bytes: int | None) -> float:
    """Return by how much a thousand requests have made it grow, from before the first one."""
    first = run.readings[0][1] if cold_bytes is None else cold_bytes
    return (run.readings[-1][1] - first) * PER / max(PER, run.sample.count)


def _figures(run: Run, growth: Growth, cold_bytes: int | None) -> dict[str, Any]:
    return {
        "bytes_a_request": growth.whole.value,
        "band_bytes": [growth.whole.low, growth.whole.high],
        "parts_bytes": [part.value for part in growth.parts],
        "lasting_bytes": growth.lasting_bytes,
        "cold_bytes": cold_bytes,
        "warm_bytes": run.readings[0][1],
        "end_bytes": run.readings[-1][1],
        "success_pct": run.sample.success_pct,
        "readings": [list(reading) for reading in run.readings],
    }
