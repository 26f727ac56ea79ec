"""perfmon copied alone into a project that has nothing else: it installs, measures and shows what it measured."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from omniwriter.stack.ports import free_port
from perfmon.store.ranges import RANGES
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
USER, PASSWORD = "ana", "correct-horse-battery"
REQUESTS = 7
STOP_S = 10


class Bare:
    """A folder with perfmon and the bare project, and the commands run in it."""

    def __init__(self, folder: Path, valkey_url: str) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(folder),
            "DJANGO_SETTINGS_MODULE": "bare_settings",
            "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
            "VALKEY_URL": valkey_url,
        }

    def python(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run Python to its end in the folder."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def django(self, *arguments: str) -> str:
        """Run a management command and return what it printed; it must end well."""
        done = self.python("-m", "django", *arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    @contextmanager
    def running(self, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run Python beside the test and end it afterwards."""
        with (self.folder / f"{arguments[1]}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments], cwd=self.folder, env=self.env, stdout=log, stderr=subprocess.STDOUT
            )
            try:
                yield process
            finally:
                process.terminate()
                try:
                    process.wait(STOP_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def copied(folder: Path, valkey_url: str = "") -> Bare:
    """Put perfmon and the bare project into a folder, and nothing else of this repository."""
    shutil.copytree(ROOT / "tests" / "bare_project", folder, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3"))
    shutil.copytree(ROOT / "perfmon", folder / "perfmon", ignore=shutil.ignore_patterns("__pycache__"))
    return Bare(folder, valkey_url)


@pytest.fixture
def bare(tmp_path: Path) -> Bare:
    """The bare project, without Valkey."""
    return copied(tmp_path / "site")


@pytest.fixture(params=["one process", "valkey"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[httpx.Client]:
    """The bare project migrated and served, with a collector of its own or in the same process; a client of it."""
    url = request.getfixturevalue("valkey_url") if request.param == "valkey" else ""
    bare = copied(tmp_path / "site", url)
    bare.django("migrate", "--verbosity=0")
    bare.django("createsuperuser", "--noinput", f"--username={USER}", "--email=ana@example.org")
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(bare.running("-m", "uvicorn", "bare_asgi:application", f"--port={port}"))
        if url:
            stack.enter_context(bare.running("-m", "django", "collect"))
        client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10))
        eventually(lambda: answers(client), within_s=30)
        yield client


def answers(client: httpx.Client) -> bool:
    """Whether the site takes requests yet."""
    try:
        return client.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def log_in(client: httpx.Client) -> httpx.Response:
    """Log in with the form, as a browser does, and follow to the dashboard."""
    client.get("/login/")
    form = {"username": USER, "password": PASSWORD, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
    return client.post("/login/?next=/dashboard", data=form, follow_redirects=True)


@pytest.mark.parametrize("package", ["articles", "omniwriter"])
def test_nothing_else_of_this_repository_can_be_imported_there(bare, package):
    done = bare.python("-c", f"import {package}")
    assert f"No module named '{package}'" in done.stderr
    assert str(bare.folder) in bare.python("-c", "import perfmon; print(perfmon.__file__)").stdout


def test_the_checks_find_nothing_and_no_migration_is_missing(bare):
    assert "no issues" in bare.django("check", "--fail-level=WARNING")
    assert "No changes detected" in bare.django("makemigrations", "--check", "--dry-run", "perfmon")


WRITE_AND_PRUNE = """
import django
django.setup()
from django.db import connection
from perfmon.series import SeriesKey, Window
from perfmon.store import partitions, rollups
rollups.write_minute(0, {SeriesKey("request", "GET /"): Window(1, 0, 5, 5)})
partitions.make_ahead(1_800_000_000)
print("dropped", rollups.prune(1_800_000_000))
"""


def test_on_postgresql_its_rollups_are_partitioned_there_too(bare, postgres_url):
    at = urlsplit(postgres_url)
    place = {"PGHOST": at.hostname, "PGPORT": str(at.port), "PGUSER": at.username, "PGDATABASE": at.path.strip("/")}
    bare.env.update(place)
    bare.django("migrate", "--verbosity=0")
    assert "No changes detected" in bare.django("makemigrations", "--check", "--dry-run")
    done = bare.python("-c", WRITE_AND_PRUNE)
    assert done.stdout == "dropped 2\n", done.stderr  # the day and the month of 1970, not what was made ahead
    assert "Indexes of default (PostgreSQL)" in bare.django("perf_indexes")
    bare.django("migrate", "perfmon", "0001", "--verbosity=0")


def test_what_was_requested_is_shown_on_the_dashboard_and_in_its_data(site):
    assert site.get("/dashboard").headers["location"] == "/login/?next=/dashboard"
    assert log_in(site).url.path == "/dashboard"
    for name in range(REQUESTS):
        assert site.get(f"/hello/{name}/").text == f"Hello {name}"

    # The log-in page was asked for once and sent once: two more requests, and the dashboard leaves itself out.
    eventually(lambda: recorded(site) == REQUESTS + 2)
    figures = site.get("/api/dashboard/data").json()["current_metrics"]
    assert figures["p95_response_time"] > 0
    assert figures["error_rate"] == 0
    page = site.get("/dashboard").text
    assert 'data-key="GET /hello/&lt;name&gt;/"' in page
    assert "/hello/0/" not in page


def recorded(client: httpx.Client) -> int:
    """How many requests the data of the last five minutes tells of."""
    started = client.get("/api/dashboard/data?range=5m").json()
    figures, now = started["current_metrics"], datetime.fromisoformat(started["timestamp"]).timestamp()
    return round(figures["throughput"] * (now - RANGES["5m"].span(now)[0]))


def test_its_health_is_answered(site):
    body = site.get("/health").json()
    assert body["status"] == "ok"
    assert body["parts"]["database"]["state"] == "ok"
    assert site.get("/health/ready").json() == {"status": "ready", "degraded": False}
