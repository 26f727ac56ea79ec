"""What is tested and how much of it: the server, its processes, the numbers of requests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from perfmon.budgets import Budgets
from perfmon.perftest.addresses import Address
from perfmon.perftest.connections import EXPECTED, Connection
from perfmon.perftest.processes import ServerProcesses

#: Told how far a check is: so many of so many requests.
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is asked for. Requests of the time check and of the memory check are those that are judged and all."""

    time_requests: int = 200
    time_warm_up: int = 20
    at_once: int = 100
    volleys: int = 5
    memory_requests: int = 20_000
    memory_limit_s: float = 180.0
    drift_s: int = 20
    timeout_s: float = 10.0
    expects: tuple[int, ...] = EXPECTED


@dataclass(frozen=True, slots=True)
class Subject:
    """A server to be tested. ``processes`` finds those of it that run now; raises PerftestError."""

    address: Address
    budgets: Budgets
    processes: Callable[[], ServerProcesses]
    extent: Extent = field(default_factory=Extent)

    def connection(self) -> Connection:
        """Return a connection of its own, not opened yet."""
        return Connection(self.address, timeout_s=self.extent.timeout_s, expects=self.extent.expects)
