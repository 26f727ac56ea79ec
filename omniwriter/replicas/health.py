"""The replicas as parts of ``/health``: without them the site is slower, not broken."""

from __future__ import annotations

import time
from functools import partial

from omniwriter.replicas import monitor
from omniwriter.replicas.rotation import State
from omniwriter.replicas.servers import replica_aliases
from perfmon.health import Part

FIRST_LOOK_S = 1.0
POLL_S = 0.02


def replica_parts() -> list[Part]:
    """Return a part for each replica; its detail is the replica's state in one word."""
    return [
        Part(alias, vital=False, check=partial(_reads, alias), detail=partial(_state, alias))
        for alias in replica_aliases()
    ]


def _reads(alias: str) -> bool:
    """Whether it serves reads; waits for the first look at it."""
    monitor.ensure_started()
    deadline = time.monotonic() + FIRST_LOOK_S
    while monitor.rotation.state(alias) is State.UNKNOWN and time.monotonic() < deadline:
        time.sleep(POLL_S)
    return monitor.rotation.state(alias) is State.LIVE


def _state(alias: str) -> str:
    return monitor.rotation.state(alias).value
