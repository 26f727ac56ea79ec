"""The database server restarts under a web process that holds a pool of connections to it."""

from __future__ import annotations

import http.client
import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from omniwriter.stack import postgres
from omniwriter.stack.ports import free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, Service
from tests.fixtures.site import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(180)
CLIENTS = 12


class Site:
    """One web process on a PostgreSQL that a test stops and starts."""

    def __init__(self, folder: Path, tree: Tree) -> None:
        self._folder, self._tree = folder, tree
        postgres.initialise(folder / "postgres")
        options = {**postgres.OPTIONS, **postgres.UNSAFE}
        self._service = postgres.postgres_service(folder / "postgres", port=free_port(), options=options)
        self._numbers = itertools.count()
        self.server = self._running(self._service)
        self.env = {
            "DATABASE_URL": postgres.postgres_url(self._service),
            "OMNI_VAR_DIR": str(folder / "var"),
            "OMNI_API_RATES": "anonymous=0",
            "REDIS_URL": "",
        }
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env={**os.environ, **self.env}, check=True)
        self.port = free_port()
        command = (sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(self.port))
        self.web = self._running(
            Service("web", command, listens=self.port, page="/health/live", env=self.env, cwd=ROOT)
        )

    def _running(self, service: Service) -> Running:
        running = Running(service, self._tree, self._folder / f"{service.name}.log")
        running.wait_ready()
        return running

    def restart(self, away_s: float = 0.0) -> float:
        """Stop the server as an operator does and start it again; returns the time it was back."""
        self.server.stop()
        time.sleep(away_s)
        self.server = self._running(self._service)
        return time.monotonic()

    def connections(self) -> int:
        """Return how many connections the web process holds."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
            return connection.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {others}").fetchone()[0]

    def ask(self) -> Answer:
        """Ask for what no cache has, the API and the pages in turn: each time another question."""
        began_s, number = time.monotonic(), next(self._numbers)
        path = "/en/search/" if number % 2 else "/api/articles/search"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", f"{path}?q=word{number}")
            answer = connection.getresponse()
            assert answer.read()
            return Answer(began_s, time.monotonic() - began_s, answer.status, answer.headers.get("Retry-After"))
        finally:
            connection.close()

    def fill_pool(self) -> None:
        """Ask so much at once that the web process opens many connections, then let them rest in its pool."""
        with ThreadPoolExecutor(CLIENTS) as clients:
            while self.connections() < CLIENTS // 2:
                assert {answer.status for answer in clients.map(lambda _: self.ask(), range(4 * CLIENTS))} == {200}


@dataclass(frozen=True)
class Answer:
    """What came back, when it was asked for and how long it took."""

    began_s: float
    took_s: float
    status: int
    retry_after: str | None


@dataclass
class Load:
    """Clients that ask again and again."""

    site: Site
    answers: list[Answer] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Load:
        self._threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            self.answers.append(self.site.ask())


@pytest.fixture(scope="module")
def site(tree: Tree, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("restart"), tree)
    yield made
    made.web.stop()
    made.server.stop()


def test_a_lone_request_after_a_restart_meets_no_connection_of_before(site: Site) -> None:
    site.fill_pool()
    site.restart()

    answers = [site.ask() for _ in range(30)]

    assert {answer.status for answer in answers} == {200}
    assert max(answer.took_s for answer in answers) < 2


def test_requests_wait_through_a_restart_under_load_and_none_fails_after_it(site: Site) -> None:
    with Load(site) as load:
        site.fill_pool()
        eventually(lambda: len(load.answers) > CLIENTS)
        stopped_s = time.monotonic()
        back_s = site.restart(away_s=1.0)
        time.sleep(3)
    before = [answer for answer in load.answers if answer.began_s + answer.took_s < stopped_s]
    during = [answer for answer in load.answers if answer not in before and answer.began_s < back_s]
    after = [answer for answer in load.answers if answer.began_s >= back_s]

    assert {answer.status for answer in before} == {answer.status for answer in after} == {200}
    assert len(after) > 40  # a busy machine answers few
    assert {(answer.status, answer.retry_after) for answer in during} <= {(200, None), (503, "2")}


def test_while_the_server_stays_away_requests_are_refused_soon_and_it_is_found_again(site: Site) -> None:
    site.fill_pool()
    with Load(site) as load:
        began_s = time.monotonic()
        back_s = site.restart(away_s=7.0)
        time.sleep(2.5)
    late = [answer for answer in load.answers if began_s + 5.5 < answer.began_s < back_s - 1]
    after = [answer for answer in load.answers if answer.began_s >= back_s + 1.2]

    assert {(answer.status, answer.retry_after) for answer in late} == {(503, "2")}
    assert max(answer.took_s for answer in late) < 1
    assert {answer.status for answer in after} == {200}
