"""The bridge behind uvicorn: with the project of ``served.py`` in its own process, or any application in this one."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from omniwriter.bridge import Bridge
from omniwriter.bridge.application import WsgiApp
from omniwriter.bridge.protocol import PatientProtocol
from omniwriter.stack.ports import LOOPBACK, free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, Service, run
from tests.fixtures.serving import serving_here

ROOT = Path(__file__).resolve().parents[3]
FLAGS = (
    *("--loop", "uvloop", "--http", "omniwriter.bridge.protocol:PatientProtocol", "--ws", "websockets-sansio"),
    *("--timeout-graceful-shutdown", "10", "--no-access-log", "--log-level", "error"),
)


@dataclass(frozen=True)
class Served:
    """A served project: its port, its process and its log."""

    port: int
    running: Running

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def process(self) -> psutil.Process:
        """Its process."""
        return psutil.Process(self.running.child.pid)

    def tally(self) -> dict[str, int]:
        """Return what it counted."""
        counted: dict[str, int] = httpx.get(f"{self.url}/tally").json()
        return counted


@contextlib.contextmanager
def serving(folder: Path, tree: Tree, **extra: str) -> Iterator[Served]:
    """Serve the project on a free port, with further variables in its environment."""
    port = free_port()
    command = (
        sys.executable,
        "-m",
        "uvicorn",
        "tests.omniwriter.bridge.served:application",
        "--port",
        str(port),
        *FLAGS,
    )
    env = {"DATABASE_FILE": str(folder / "served.sqlite3"), "PYTHONPATH": str(ROOT), **extra}
    service = Service("served", command, listens=port, env=env, cwd=ROOT, stop_s=12)
    with run(service, folder / "served.log", tree) as running:
        yield Served(port, running)


@pytest.fixture(scope="module")
def served(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for a module's tests."""
    with serving(tmp_path_factory.mktemp("served"), tree) as server:
        yield server


@pytest.fixture
def mortal(tree: Tree, tmp_path: Path) -> Iterator[Served]:
    """A server that the test may stop."""
    with serving(tmp_path, tree) as server:
        yield server


@pytest.fixture
def patient(tree: Tree, tmp_path: Path) -> Iterator[Served]:
    """A server to stop that waits longer for a last request than a busy machine may hold the test up."""
    with serving(tmp_path, tree, LINGER_S="5") as server:
        yield server


class Serve:
    """Serves a WSGI application through the bridge in this process; ``serve(application)`` tells the port."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._bridges: list[Bridge] = []
        self.left = 0  # clients that the bridge knows to be gone

    def __call__(self, wsgi: WsgiApp, *, threads: int = 4, queue: int = 16, limit_bytes: int = 1 << 20) -> int:
        bridge = Bridge(wsgi, threads=threads, queue=queue, limit_bytes=limit_bytes)
        self._bridges.append(bridge)

        async def watched(scope: Any, receive: Any, send: Any) -> None:
            async def hear() -> Any:
                message = await receive()
                self.left += message["type"] == "http.disconnect"
                return message

            await bridge(scope, hear, send)

        return self._stack.enter_context(serving_here(watched, http=PatientProtocol, lifespan="off"))

    @property
    def taken(self) -> int:
        """How many requests run or wait."""
        return sum(bridge.pool.taken for bridge in self._bridges)


@pytest.fixture
def bridged() -> Iterator[Serve]:
    """What serves WSGI applications until the test ends."""
    with contextlib.ExitStack() as stack:
        yield Serve(stack)
