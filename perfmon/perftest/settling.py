"""Memory that grows with time and not with requests: waited for at first, and taken off where it would be a verdict.

A server keeps what it did in the last minute or quarter of an hour, whoever asks. That is bounded, but takes as long to
be full; until then a slow route's requests would seem to leak it. A few requests a second keep the server from idling
meanwhile, so that all it does each second goes on.
"""

from __future__ import annotations

from collections import deque
from time import monotonic, sleep

from perfmon.perftest.memory_runs import MemoryRun
from perfmon.perftest.processes import ServerProcesses

RATE = 10  # requests a second
WINDOW_S = 15
SETTLED_BYTES_A_S = 20_000
DRIFT_S = 20


def settle(run: MemoryRun, processes: ServerProcesses, most_s: float) -> float:
    """Wait until the memory has hardly grown for ``WINDOW_S``, or so long at most; return how long it was, in s."""
    began_s = monotonic()
    recent: deque[int] = deque(maxlen=WINDOW_S + 1)
    while monotonic() - began_s < most_s:
        _pass_second(run)
        recent.append(processes.memory_bytes() or 0)
        if len(recent) > WINDOW_S and recent[-1] - recent[0] <= WINDOW_S * SETTLED_BYTES_A_S:
            break
    return monotonic() - began_s


def drift_bytes_a_s(run: MemoryRun, processes: ServerProcesses, most_s: float) -> float:
    """Return by how much memory grows in a second with hardly a request; 0 when it shrinks or can't be read.

    It is looked at for ``DRIFT_S``, or so many whole seconds at most.
    """
    before, began_s = processes.memory_bytes(), monotonic()
    for _ in range(int(min(DRIFT_S, most_s))):
        _pass_second(run)
    after = processes.memory_bytes()
    return 0.0 if before is None or after is None else max(0.0, (after - before) / (monotonic() - began_s))


def _pass_second(run: MemoryRun) -> None:
    ends_s = monotonic() + 1
    for left in range(RATE, 0, -1):
        run.send(1)
        sleep(max(0.0, (ends_s - monotonic()) / left))
