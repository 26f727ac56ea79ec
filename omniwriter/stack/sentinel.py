"""The supervisor's last will: a small process that ends the children when the supervisor is gone.

It reads lines ``+<group>`` and ``-<group>`` from its standard input. When the pipe closes, which the kernel does even
after ``kill -9``, the groups that are left get SIGTERM and, after a grace period, SIGKILL. Run as a script by a bare
interpreter (``python -I -S``), so it imports nothing of ours and costs a few megabytes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE_S = 2.0
STEP_S = 0.05


def watch(lines: Iterable[str]) -> set[int]:
    """Follow the supervisor's announcements to their end; return the process groups that were left."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    return groups


def send(groups: Iterable[int], number: int) -> set[int]:
    """Signal the groups; return those that still exist."""
    alive = set()
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
            alive.add(group)
    return alive


def end(groups: set[int], grace_s: float = GRACE_S) -> None:
    """End the groups: politely, then not."""
    alive = send(groups, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while alive and time.monotonic() < deadline:
        time.sleep(STEP_S)
        alive = send(alive, 0)
    send(alive, signal.SIGKILL)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    end(watch(sys.stdin))
