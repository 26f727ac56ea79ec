"""The break point of a site whose capacity is known, found by the real command and the real generator."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.core.management import call_command

from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.plans import Action
from perfmon.loadtest.scenarios import Cast, Place

THREADS, WORK_S = 4, 0.1
CAPACITY = THREADS / WORK_S
PROFILE = """\
most_users = 300
[search]
start = 20
step_s = 4
refine = 2
recover_s = 20
most_s = 60
"""


class Sleepers:
    """Asks for the one page there is."""

    def prepare(self, place: Place) -> Cast:
        return Cast((Action("GET /", "/"),))

    def remove(self, run: int) -> None:
        """Nothing was made."""


class Server(ThreadingHTTPServer):
    """Has a line for connections long enough for all users at once."""

    request_queue_size = 512
    daemon_threads = True


@contextmanager
def pooled() -> Iterator[str]:
    """A server whose view sleeps under a pool of threads that all connections share; yields its address."""
    pool = ThreadPoolExecutor(THREADS)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            pool.submit(time.sleep, WORK_S).result()
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()
    pool.shutdown(cancel_futures=True)


@pytest.mark.timeout(180)
@pytest.mark.usefixtures("transactional_db")
def test_the_knee_of_a_limited_pool_is_found_within_15_percent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "knee.toml"
    profile.write_text(PROFILE)
    with pooled() as host, pytest.raises(SystemExit):
        call_command("loadtest", "--profile", str(profile), "--host", host, "--scenario", f"{__name__}.Sleepers")
    knee = LoadRun.objects.get().summary["knee"]
    assert 0.85 * CAPACITY <= knee["rate"] <= 1.15 * CAPACITY, knee
    assert knee["rate"] < knee["broke_at"] <= 1.25 * CAPACITY
    assert knee["why"] == "backlog"
    assert knee["recovery_s"] is not None
    assert 0.8 * CAPACITY <= knee["delivered"] <= 1.15 * CAPACITY
    assert "It holds" in capsys.readouterr().out
