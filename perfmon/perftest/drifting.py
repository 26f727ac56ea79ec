"""Memory that grows with time and not with requests.

A server keeps what it did in the last minute or quarter of an hour, whoever asks. That is bounded, but takes as long to
be full; until then a slow route's requests would seem to leak it. A few requests a second keep the server from idling
while it is looked at, so that all it does each second goes on.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import fmean, median
from time import monotonic, sleep

from perfmon.perftest.growth import Drift
from perfmon.perftest.memory_runs import MemoryRun
from perfmon.perftest.processes import ServerProcesses

RATE = 10  # requests a second


def drift_of(run: MemoryRun, processes: ServerProcesses, seconds: int) -> Drift:
    """Look at the server's memory for so long; a drift of nothing when it shrinks or can't be read."""
    readings = [processes.memory_bytes()]
    for _ in range(seconds):
        _pass_second(run)
        readings.append(processes.memory_bytes())
    steps = [after - before for before, after in pairwise(readings) if before is not None and after is not None]
    return Drift(max(0.0, median(steps)), max(0.0, fmean(steps))) if steps else Drift()


def _pass_second(run: MemoryRun) -> None:
    ends_s = monotonic() + 1
    for left in range(RATE, 0, -1):
        run.send(1)
        sleep(max(0.0, (ends_s - monotonic()) / left))
