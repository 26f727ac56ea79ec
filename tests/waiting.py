"""Waiting for what other threads and processes do."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

READY_S = 30.0  # a busy machine is no fault; who is right is not kept waiting


def eventually(condition: Callable[[], object], *, within_s: float = READY_S) -> None:
    """Wait until ``condition()`` is true; fails when it does not become so."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not true within {within_s} s"
        time.sleep(0.02)


def has_ended(process: psutil.Process) -> bool:
    """Tell whether a process runs no more; the first process of a machine may take seconds to bury an orphan."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
