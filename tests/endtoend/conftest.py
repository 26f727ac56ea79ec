"""The project as several processes on one Valkey and one database, under a load that keeps its own log."""

from __future__ import annotations

import http.client
import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connections

from omniwriter.stack.ports import free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, Service
from perfmon.tokens import token_create

ROOT = Path(__file__).resolve().parent.parent.parent
PATH = "/api/articles"
LABEL = "GET /api/articles"


class Cluster:
    """Web processes and collectors that a test starts and kills."""

    def __init__(self, valkey_url: str, folder: Path, tree: Tree, raw_token: str) -> None:
        self._env = {
            "REDIS_URL": valkey_url,
            "DATABASE_URL": f"sqlite:///{connections['default'].settings_dict['NAME']}",
            "OMNI_VAR_DIR": str(folder / "var"),
            "OMNI_SERVER_TIMING": "true",
        }
        self._folder, self._tree, self._token = folder, tree, raw_token
        self.running: list[Running] = []

    def _start(self, service: Service) -> Running:
        running = Running(service, self._tree, self._folder / f"{service.name}.log")
        self.running.append(running)
        running.wait_ready()
        return running

    def web(self) -> int:
        """Start a web process; returns its port."""
        port = free_port()
        command = (
            *(sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(port), "--loop", "uvloop"),
            *("--http", "httptools", "--ws", "websockets-sansio", "--no-access-log", "--log-level", "warning"),
        )
        self._start(Service(f"web-{port}", command, listens=port, page="/health/live", env=self._env, cwd=ROOT))
        return port

    def collector(self) -> Running:
        """Start a collector."""
        command = (sys.executable, "manage.py", "collect", "--skip-checks")
        return self._start(
            Service(f"collector-{len(self.running)}", command, says="Collecting", env=self._env, cwd=ROOT)
        )

    def payload(self, port: int, topic: str = "overview/5m") -> dict[str, Any]:
        """Return what a dashboard on that port shows."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            headers = {"Authorization": f"Bearer {self._token}"}
            connection.request("GET", f"/api/dashboard/data?topic={quote(topic)}", headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return json.loads(body)
        finally:
            connection.close()

    def row(self, port: int, label: str = LABEL) -> list[float] | None:
        """Return the numbers of one endpoint as a dashboard on that port shows them, or None when it has no row."""
        panel = self.payload(port)["panels"]["endpoints"]
        return next((row[2] for row in (panel or {}).get("rows", []) if row[0] == label), None)

    def count(self, port: int) -> int:
        """Return how many requests a dashboard on that port shows."""
        row = self.row(port)
        return int(row[0]) if row else 0


@pytest.fixture
def cluster_of(transactional_db: None, tree: Tree, tmp_path: Path) -> Iterator[Any]:
    """Make a cluster on a Valkey: ``cluster_of(url)``; everything it started ends with the test."""
    _, raw_token = token_create(name="test", scopes=["data:read"])
    with ExitStack() as stack:

        def make(valkey_url: str) -> Cluster:
            cluster = Cluster(valkey_url, tmp_path, tree, raw_token)
            stack.callback(lambda: [running.bury() for running in reversed(cluster.running)])
            return cluster

        yield make


@dataclass
class Load:
    """Clients that ask again and again, and what each answer's Server-Timing said."""

    ports: list[int]
    clients: int = 4
    path: str = PATH
    pause_s: float = 0.01
    durations_ms: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Load:
        for number in range(self.clients):
            thread = threading.Thread(target=self._run, args=(self.ports[number % len(self.ports)],))
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(15)

    def _run(self, port: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        while not self._stop.wait(self.pause_s):
            try:
                connection.request("GET", self.path)
                answer = connection.getresponse()
                answer.read()
            except OSError as error:
                self.failures.append(repr(error))
                connection.close()
                continue
            if answer.status == 200:
                self.durations_ms.append(float(answer.headers["Server-Timing"].partition("dur=")[2]))
            else:
                self.failures.append(str(answer.status))
        connection.close()


def within(seconds: float, condition: Any) -> float:
    """Wait until ``condition()`` is true and return how long that took; fails after ``seconds``."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < seconds, f"not true within {seconds} s"
        time.sleep(0.1)
    return time.monotonic() - started
