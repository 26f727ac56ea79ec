"""Plain Locust users as a benchmark's load: processes of their own, led over their stdin."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

from benchmarks.measure import ROOT


class Burst(NamedTuple):
    """What one turn came to; ``cpu_us`` is the generator's own processor time a request."""

    per_s: float
    cpu_us: float
    requests: int
    p50_ms: float = 0.0
    p95_ms: float = 0.0
    p99_ms: float = 0.0


class Locust:
    """Plain Locust users of one class, in a process of their own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ready(self) -> None:
        """Wait until it has loaded."""
        assert self._answer() == "ready\n"

    def burst(self, users: int, seconds: int, path: str, per_s: float = 0) -> Burst:
        """Let users ask for some seconds."""
        assert self._process.stdin
        self._process.stdin.write(f"{users} {seconds} {path} {per_s}\n")
        self._process.stdin.flush()
        found = json.loads(self._answer())
        assert not found.pop("failed"), "requests failed"
        return Burst(**found)

    def _answer(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


@contextlib.contextmanager
def locusts(port: int) -> Iterator[dict[str, Locust]]:
    """Run both classes of Locust's users, idle until they are asked."""
    with contextlib.ExitStack() as stack:
        peers = {}
        for kind in ("fast", "http"):
            command = [sys.executable, "-m", "benchmarks.sites.generator_locust", kind, f"http://127.0.0.1:{port}"]
            process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)  # closes its stdin, which ends it
            peers[kind] = Locust(process)
        for peer in peers.values():
            peer.ready()
        yield peers
