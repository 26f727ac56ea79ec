"""``manage.py up --profile cluster`` as a person meets it: two web processes on a primary with two replicas."""

from __future__ import annotations

import os
import re
import shutil
import signal
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from omniwriter.stack import postgres
from tests.fixtures.up import Up, up
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(400)


class Readers:
    """Somebody who reads a page of each web process again and again; ``statuses`` is what they got."""

    def __init__(self, running: Up) -> None:
        self.statuses: list[int] = []
        self._running, self._stop = running, threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(web,)) for web in (1, 2)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _read(self, web: int) -> None:
        number = 0
        while not self._stop.wait(0.05):
            number += 1  # each time another question, which no cache has answered yet
            self.statuses.append(self._running.get(f"/en/search/?q=word{number}", web=web).status_code)


def server(folder: Path) -> psutil.Process:
    """Return the first process of the PostgreSQL in a folder."""
    pid = int((folder / "postmaster.pid").read_text().split()[0])
    return psutil.Process(pid)


def replicas(running: Up) -> list[str]:
    """Return the addresses of the replicas that were announced."""
    return re.findall(r"Replica    (\S+)", running.output)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    """Ask a server."""
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_the_cluster_serves_while_a_replica_is_damaged_and_the_primary_killed_and_stops(tmp_path: Path) -> None:
    var = tmp_path / "var"
    with up(var, "--profile", "cluster") as running:
        assert f"http://127.0.0.1:{running.port}/, http://127.0.0.1:{running.port + 1}/" in running.output
        eventually(lambda: running.output.count("replica-") - running.output.count("repairing") >= 4, within_s=60)
        assert [running.get("/", web=web).status_code for web in (1, 2)] == [200, 200]
        articles = "SELECT count(*) FROM articles_article WHERE status = 'published'"
        eventually(lambda: all(rows(url, articles)[0][0] for url in replicas(running)))
        assert [rows(url, "SELECT pg_is_in_recovery()") for url in replicas(running)] == [[(True,)], [(True,)]]

        damaged = var / "postgres" / "replica-1"
        with Readers(running) as readers:
            server(damaged).kill()
            shutil.rmtree(damaged / "pg_wal")
            repaired = r"(?s)replica-1 .*repairing.*replica-1 +restarting.*replica-1 +repairing.*replica-1 +ready"
            eventually(lambda: re.search(repaired, running.output), within_s=60)
            server(var / "postgres" / "primary").kill()
            eventually(lambda: running.output.count("primary    ready") == 2, within_s=60)
        assert len(readers.statuses) > 20
        assert set(readers.statuses) == {200}

        family = running.family()
        began_s = time.monotonic()
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 0
        assert time.monotonic() - began_s < 5
        # A server that was not quick enough was killed; what is left of it notices within moments.
        eventually(lambda: not any(process.is_running() for process in family), within_s=3)

    with up(var, "--profile", "cluster") as again:
        assert "password" not in again.output
        assert "repairing" not in again.output
        eventually(lambda: all(rows(url, articles)[0][0] for url in replicas(again)))

        children = again.family()
        os.kill(again.process.pid, signal.SIGKILL)
        again.process.wait()
        eventually(lambda: not any(process.is_running() for process in children), within_s=8)
        assert not postgres.processes_in(var / "postgres" / "primary")
