"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

READY_S = 30.0  # a busy machine is no fault; who is right is not kept waiting


def eventually(condition: Callable[[], object], *, within_s: float = READY_S) -> None:
    """Wait until ``condition()`` is true; fails when it does not become so."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        time.sleep(0.02)
