"""Memory that grows with time and not with requests.

A server keeps what it did in the last minute or quarter of an hour, whoever asks. That is bounded, but takes as long to
be full; until then a slow route's requests would seem to leak it. A few requests a second keep the server from idling
while it is looked at, so that all it does each second goes on.
"""

from __future__ import annotations

from time import monotonic, sleep

from perfmon.perftest.growth import Drift
from perfmon.perftest.memory_runs import MemoryRun
from perfmon.perftest.processes import ServerProcesses
from perfmon.perftest.slopes import MIN_POINTS, slope_of_neighbours

RATE = 10  # requests a second


def drift_of(run: MemoryRun, processes: ServerProcesses, seconds: int) -> Drift:
    """Look at the server's memory for so long; a drift of nothing when it shrinks or can't be read."""
    readings = [(monotonic(), processes.memory_bytes())]
    for _ in range(seconds):
        _pass_second(run)
        readings.append((monotonic(), processes.memory_bytes()))
    points = [(at_s, bytes_) for at_s, bytes_ in readings if bytes_ is not None]
    if len(points) < MIN_POINTS:
        return Drift()
    (first_s, before), (last_s, after) = points[0], points[-1]
    return Drift(max(0.0, slope_of_neighbours(points).high), max(0.0, (after - before) / (last_s - first_s)))


def _pass_second(run: MemoryRun) -> None:
    ends_s = monotonic() + 1
    for left in range(RATE, 0, -1):
        run.send(1)
        sleep(max(0.0, (ends_s - monotonic()) / left))
