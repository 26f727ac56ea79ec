"""A service: what to run, how it says that it is ready, how it wants to be stopped; and a running one."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from omniwriter.stack.errors import NotReadyError, StackError
from omniwriter.stack.ports import LOOPBACK, answers, serves
from omniwriter.stack.process import Child, Tree

POLL_S = 0.02
LAST_LINES = 12
MAX_TAIL_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Repair:
    """How a service that no restart helps is made good: ``command`` runs in its place, then it is started again.

    It is due when ``broken()`` says so before a start, when the service failed twice in a row before it was ready, and
    when ``well()``, asked every two seconds while it runs, has not been true for ``unwell_s`` seconds.
    """

    command: tuple[str, ...]
    broken: Callable[[], bool]
    well: Callable[[], bool]
    unwell_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Service:
    """One program of the stack.

    Signs of readiness: ``listens`` (a port or a socket's path), ``page`` (a path it answers on that port),
    ``says`` (words in its log); with none it is ready when it runs. Times are in seconds.
    Services are started stage by stage. One that can be repaired is not waited for: the others do without it meanwhile.
    Nor is one that is not ``needed``, which is given up when its first start fails.
    One that is to ``hear_out`` the others is stopped when they have ended and told it their last.
    """

    name: str
    command: tuple[str, ...]
    listens: int | Path | None = None
    says: str = ""
    page: str = ""
    host: str = LOOPBACK
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    stage: int = 0
    stop_signal: int = signal.SIGTERM
    ready_s: float = 30.0
    stop_s: float = 3.0
    repair: Repair | None = None
    needed: bool = True
    hear_out: bool = False

    @property
    def awaited(self) -> bool:
        """Whether a start waits until it is ready."""
        return self.needed and self.repair is None

    @property
    def address(self) -> str:
        """Where it listens, for the eye: the port, the socket's file name, or nothing."""
        return self.listens.name if isinstance(self.listens, Path) else str(self.listens or "")


class Running:
    """One started service."""

    def __init__(self, service: Service, tree: Tree, log: Path) -> None:
        self.service = service
        self.log = log
        self._tree = tree
        self._log_start = log.stat().st_size if log.exists() else 0
        self.started_s = self.asked_s = time.monotonic()
        self.child: Child = self._spawn()

    def _spawn(self) -> Child:
        service = self.service
        try:
            return self._tree.spawn(service.command, env={**os.environ, **service.env}, log=self.log, cwd=service.cwd)
        except OSError as error:
            raise StackError(f"Can't start {service.name}: {error}.") from error

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self.child.poll()

    def is_ready(self) -> bool:
        """Tell whether it runs and gave its signs of readiness."""
        service = self.service
        if self.exit_code is not None:
            return False
        if service.says and service.says.encode() not in self.output():
            return False
        host = _reachable(service.host)
        if service.page and isinstance(service.listens, int):
            return serves(service.listens, service.page, host)
        return service.listens is None or answers(service.listens, host)

    def output(self) -> bytes:
        """Return what it has written since it was started, at most its last 16 KB."""
        with self.log.open("rb") as log:
            log.seek(max(self._log_start, log.seek(0, os.SEEK_END) - MAX_TAIL_BYTES))
            return log.read()

    def last_lines(self, most: int = LAST_LINES) -> str:
        """Return the end of its output, for a message about its death."""
        return "\n".join(self.output().decode(errors="replace").rstrip().splitlines()[-most:])

    def wait_ready(self) -> None:
        """Wait until it is ready; raises NotReadyError with the end of its output when it dies or takes too long."""
        deadline = self.started_s + self.service.ready_s
        while not self.is_ready():
            if self.exit_code is not None or time.monotonic() > deadline:
                raise NotReadyError(self.why_not_ready())
            time.sleep(POLL_S)

    def why_not_ready(self) -> str:
        """Say what happened to a service that did not become ready."""
        name, code = self.service.name, self.exit_code
        what = f"{name} was not ready after {self.service.ready_s:.0f} s" if code is None else f"{name} {ended(code)}"
        return f"{what}. The end of {self.log}:\n{self.last_lines()}"

    def ask_to_stop(self) -> None:
        """Send its stop signal and return at once."""
        self.asked_s = time.monotonic()
        if self.exit_code is None:
            self.child.send_signal(self.service.stop_signal)

    def stop(self) -> None:
        """Stop it: politely, then by force, with its children."""
        self._tree.end(self.child, number=self.service.stop_signal, grace_s=self.service.stop_s)

    def bury(self) -> None:
        """Kill what is left of it and its children."""
        self._tree.bury(self.child)


def ended(code: int) -> str:
    """Put an exit code into words."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


def _reachable(host: str) -> str:
    """Return the address to probe for a server bound to ``host``."""
    return {"0.0.0.0": LOOPBACK, "::": "::1", "": LOOPBACK}.get(host, host)  # noqa: S104


@contextmanager
def run(service: Service, log: Path, tree: Tree) -> Iterator[Running]:
    """Run one service, ready, for the length of a ``with`` block."""
    running = Running(service, tree, log)
    try:
        running.wait_ready()
        yield running
    finally:
        running.stop()
