"""The requests of a memory check and the memory of the server between them."""

from __future__ import annotations

from math import inf
from time import monotonic

from perfmon.perftest.connections import Connection
from perfmon.perftest.growth import Reading
from perfmon.perftest.processes import ServerProcesses
from perfmon.perftest.samples import Sample
from perfmon.perftest.subjects import Subject, Tell


class MemoryRun:
    """What was asked of one route, and what was read. The client waits while it reads, so nothing is at work then."""

    def __init__(self, subject: Subject, route: str, connection: Connection, tell: Tell) -> None:
        self.sample = Sample()
        self.readings: list[Reading] = []
        self._route, self._connection, self._tell = route, connection, tell
        self._total = subject.extent.memory_requests
        self._began_s = monotonic()
        self.limit_s = subject.extent.memory_limit_s

    def send(self, count: int, until_s: float = inf) -> None:
        """Send so many requests, or fewer when so much of the run's time has passed, but one at least."""
        for _ in range(count):
            self.sample.add(self._connection.get(self._route))
            if self.passed_s > until_s:
                break
        self._tell(min(self.sample.count, self._total), self._total)  # a look at its drift sends some more

    @property
    def passed_s(self) -> float:
        """The time since it began."""
        return monotonic() - self._began_s

    def read(self, processes: ServerProcesses) -> bool:
        """Read the server's memory; False when one of its processes has ended."""
        bytes_ = processes.memory_bytes()
        if bytes_ is not None:
            self.readings.append(Reading(self.sample.count, bytes_, self.passed_s))
        return bytes_ is not None
