"""Two web processes on a primary and two streaming replicas: what readers see while replicas lag and die."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from omniwriter.stack.ports import LOOPBACK, free_port
from omniwriter.stack.postgres import postgres_url
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, Service, run
from tests.fixtures.servers import MortalReplica, connects, new_database
from tests.fixtures.site import ROOT
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(240)
PASSWORD = "a long password"
ROUNDS = int(os.environ.get("REPLICA_ROUNDS", "60"))


class Served:
    """The project's web processes on the cluster, and an editor who is logged in."""

    def __init__(self, ports: list[int], replicas: list[MortalReplica], database: str, primary_url: str) -> None:
        self.urls = [f"http://{LOOPBACK}:{port}" for port in ports]
        self.replicas, self.database, self.primary_url = replicas, database, primary_url
        self.browsers: list[httpx.Client] = []

    def editor(self) -> httpx.Client:
        """Log in and return the browser."""
        browser = httpx.Client(timeout=15)
        self.browsers.append(browser)
        address = f"{self.urls[0]}/studio/login/"
        browser.get(address)
        form = {"username": "admin", "password": PASSWORD, "csrfmiddlewaretoken": browser.cookies["csrftoken"]}
        assert browser.post(address, data=form).status_code == 302
        return browser

    def write(self, browser: httpx.Client, url: str, title: str) -> int:
        """Write an article and return its number."""
        headers = {"X-CSRFToken": browser.cookies["csrftoken"]}
        answer = browser.post(f"{url}/api/articles", json={"title": title, "content": "x"}, headers=headers)
        assert answer.status_code == 201, answer.text
        return int(answer.json()["id"])

    def transactions(self) -> list[int]:
        """Return how many transactions each replica has ended in this database."""
        query = f"SELECT xact_commit FROM pg_stat_database WHERE datname = '{self.database}'"
        return [one.execute(query) for one in self.replicas]

    def wait_replicas(self, count: int) -> None:
        """Wait until both processes read from so many replicas."""
        for url in self.urls:
            eventually(lambda url=url: self._live(url) == count, within_s=20)

    @staticmethod
    def _live(url: str) -> int:
        parts = httpx.get(f"{url}/health", timeout=10).json()["parts"]
        return sum(parts[name]["state"] == "ok" for name in ("replica1", "replica2"))


def manage(env: dict[str, str], *arguments: str) -> None:
    """Run a command of the project."""
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=True, capture_output=True)


def web(env: dict[str, str], tree: Tree, folder: Path) -> Any:
    """Return a web process to be run."""
    port = free_port()
    command = (
        *(sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(port), "--loop", "uvloop"),
        *("--http", "httptools", "--ws", "websockets-sansio", "--no-access-log", "--log-level", "warning"),
    )
    service = Service(f"web-{port}", command, listens=port, page="/health/live", env=env, cwd=ROOT)
    return run(service, folder / f"{service.name}.log", tree)


@pytest.fixture(scope="module")
def prepared(
    postgres_server: Running, mortal_replicas: list[MortalReplica], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The environment of processes on a database with everything in it, and an account."""
    with new_database(postgres_server.service) as name:
        primary_url = postgres_url(postgres_server.service, name)
        env = {
            "DATABASE_URL": primary_url,
            "OMNI_VAR_DIR": str(tmp_path_factory.mktemp("var")),
            "OMNI_API_RATES": "anonymous=1000000,token=1000000,write=1000000,login=1000",
            "REDIS_URL": "",
        }
        manage(env, "migrate", "--verbosity", "0")
        manage(env | {"DJANGO_SUPERUSER_PASSWORD": PASSWORD}, "createsuperuser", "--noinput",
               "--username", "admin", "--email", "a@example.org")  # fmt: skip
        for one in mortal_replicas:
            eventually(partial(connects, one.url(name)))
        yield env | {"DATABASE_REPLICA_URLS": ",".join(one.url(name) for one in mortal_replicas), "NAME": name}


@pytest.fixture
def served(
    request: pytest.FixtureRequest,
    prepared: dict[str, str],
    mortal_replicas: list[MortalReplica],
    valkey_url: str,
    tree: Tree,
    tmp_path: Path,
) -> Iterator[Served]:
    """Two web processes that read from both replicas; replicas are mended afterwards."""
    env = prepared | {"REDIS_URL": valkey_url} | getattr(request, "param", {})
    with web(env, tree, tmp_path) as first, web(env, tree, tmp_path) as second:
        ports = [first.service.listens, second.service.listens]
        found = Served(ports, mortal_replicas, prepared["NAME"], prepared["DATABASE_URL"])
        found.wait_replicas(2)
        yield found
        for browser in found.browsers:
            browser.close()
        for one in mortal_replicas:
            one.mend()


class Readers:
    """Browsers of the editor that read an article again and again, past every cache."""

    def __init__(self, served: Served, article: int, browser: httpx.Client, count: int = 6) -> None:
        self.done, self.slowest_s = 0, 0.0
        self.failures: list[str] = []
        self._ended = threading.Event()
        cookies = {"sessionid": browser.cookies["sessionid"]}
        self._threads = [
            threading.Thread(target=self._read, args=(f"{url}/api/articles/{article}?draft=true", cookies))
            for url in itertools.islice(itertools.cycle(served.urls), count)
        ]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _read(self, address: str, cookies: dict[str, str]) -> None:
        with httpx.Client(timeout=15, cookies=cookies) as client:
            while not self._ended.wait(0.005):
                started = time.monotonic()
                try:
                    answer = client.get(address)
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                    continue
                self.slowest_s = max(self.slowest_s, time.monotonic() - started)
                if answer.status_code == 200:
                    self.done += 1
                else:
                    self.failures.append(answer.text)

    def wait(self, more: int) -> None:
        """Wait until so many more have read."""
        goal = self.done + more
        eventually(lambda: self.done >= goal, within_s=60)


@pytest.mark.parametrize("served", [{"OMNI_REPLICA_MAX_LAG_MS": "8000"}], indirect=True)
def test_who_writes_sees_it_whichever_process_answers_while_replicas_are_a_second_late(served: Served) -> None:
    browser = served.editor()
    for one in served.replicas:
        one.delay(1000)
    stale, late = [], 0

    for number in range(ROUNDS):
        there, here = served.urls[number % 2], served.urls[number // 2 % 2]
        article = served.write(browser, there, f"Round {number}")
        late += served.replicas[number % 2].execute(
            f"SELECT NOT EXISTS (SELECT 1 FROM articles_article WHERE id = {article})", database=served.database
        )
        answer = browser.get(f"{here}/api/articles/{article}?draft=true")
        if answer.status_code != 200 or answer.json()["title"] != f"Round {number}":
            stale.append((number, answer.status_code))

    assert stale == []
    assert late == ROUNDS  # or there was nothing to be seen too early


def test_reads_are_spread_evenly_and_writes_are_the_primarys(served: Served) -> None:
    browser = served.editor()
    article = served.write(browser, served.urls[0], "Spread")
    eventually(lambda: all(one.execute(f"SELECT count(*) FROM articles_article WHERE id = {article}",
                                       database=served.database) for one in served.replicas))  # fmt: skip
    with psycopg.connect(served.primary_url, autocommit=True) as primary:
        before = served.transactions()
        with Readers(served, article, browser) as readers:
            readers.wait(400)
        assert readers.failures == []

        def spread() -> list[int]:
            primary.execute("SELECT 1")
            return [now - then for now, then in zip(served.transactions(), before, strict=True)]

        eventually(lambda: min(spread()) > 400)  # the servers tell once a second
        reads = spread()
    assert max(reads) - min(reads) <= 0.1 * sum(reads)


def test_a_replica_killed_under_load_fails_no_request(served: Served) -> None:
    browser = served.editor()
    article = served.write(browser, served.urls[0], "Killed")
    with Readers(served, article, browser) as readers:
        readers.wait(100)
        served.replicas[0].kill()
        readers.wait(200)
        served.replicas[0].start()
        served.wait_replicas(2)
        readers.wait(200)
        served.replicas[0].kill()
        served.replicas[1].kill()
        readers.wait(200)

    assert readers.failures == []
    assert httpx.get(f"{served.urls[0]}/health").json()["status"] == "degraded"
