"""Starting and ending child processes so that none can outlive this one.

Each child leads a process group of its own, asks the kernel for SIGTERM when its parent dies (Linux), and is known to a
sentinel that ends whole groups, grandchildren included, when this process is gone.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

from omniwriter.stack import sentinel

PR_SET_PDEATHSIG = 1

Child = subprocess.Popen[bytes]


def _death_signal() -> Callable[[], None] | None:
    """Return what a child runs between fork and exec; the library is loaded here, before the fork."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class Tree:
    """The children of this process and the sentinel that ends them when it dies; use it as a context manager."""

    def __init__(self) -> None:
        self._sentinel: Child | None = None
        self._before_exec = _death_signal()
        self._children: list[Child] = []

    def __enter__(self) -> Tree:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def spawn(self, command: Sequence[str], *, env: Mapping[str, str], log: Path, cwd: Path | None = None) -> Child:
        """Start a program with its output appended to ``log``; raises OSError when it can't be started."""
        if self._sentinel is None:
            self._sentinel = self._start_sentinel()
        with log.open("ab") as output:
            child = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd,
                process_group=0,
                preexec_fn=self._before_exec,  # noqa: PLW1509  (one prctl call, resolved before the fork)
            )
        self._children.append(child)
        self._announce("+", child)
        return child

    def end(self, child: Child, *, number: int = signal.SIGTERM, grace_s: float = 2.0) -> None:
        """Ask a child to end, wait, then kill what is left of its group."""
        if child.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(grace_s)
        self.bury(child)

    def bury(self, child: Child) -> None:
        """Kill what is left of a child's group and forget it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        if child in self._children:
            self._children.remove(child)
            self._announce("-", child)

    def close(self) -> None:
        """End every child, the newest first, and the sentinel."""
        for child in reversed(list(self._children)):
            self.end(child)
        if self._sentinel and self._sentinel.stdin:
            self._sentinel.stdin.close()
            self._sentinel.wait()
            self._sentinel = None

    def _announce(self, sign: str, child: Child) -> None:
        assert self._sentinel
        assert self._sentinel.stdin
        self._sentinel.stdin.write(f"{sign}{child.pid}\n".encode())
        self._sentinel.stdin.flush()

    def _start_sentinel(self) -> Child:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", sentinel.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that Ctrl-C at the terminal does not reach it
        )
