"""Worker processes on this machine: started by the generator, and ended with it whatever happens to it.

A worker's stdin is a pipe of ours that nothing is ever written to: when it ends, so does the worker.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from perfmon.loadtest.generator.protocol import SECRET_VARIABLE

_ROOT = Path(__file__).parents[3]  # where perfmon is imported from
_LEAVE_S = 5.0


class Children:
    """So many workers of the master at a port of this machine."""

    def __init__(self, number: int, port: int, secret: str) -> None:
        command = [sys.executable, "-m", "perfmon.loadtest.generator", "--worker", f"127.0.0.1:{port}", "--owned"]
        environment = {**os.environ, SECRET_VARIABLE: secret}
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr, env=environment, cwd=_ROOT)  # noqa: S603
            for _ in range(number)
        ]

    def pid_of(self, host: str, pid: int) -> int | None:
        """Return the process id that a worker told, if it is one of these."""
        ours = host == socket.gethostname() and pid in {process.pid for process in self._processes}
        return pid if ours else None

    def dead(self) -> set[int]:
        """Return the process ids of those that have ended."""
        return {process.pid for process in self._processes if process.poll() is not None}

    def release(self) -> None:
        """Let all end, and wait for that."""
        for process in self._processes:
            if process.stdin:
                process.stdin.close()
        for process in self._processes:
            try:
                process.wait(_LEAVE_S)
            except subprocess.TimeoutExpired:
                process.kill()
