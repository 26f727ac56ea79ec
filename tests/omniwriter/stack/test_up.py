"""``manage.py up`` as a person meets it: the first start, the second, the stop, the kill, and what can be wrong."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from omniwriter.stack.ports import LOOPBACK, answers, free_port
from tests.fixtures.site import ROOT
from tests.fixtures.up import READY_S, environment, refused, up
from tests.waiting import eventually, has_ended


@pytest.mark.timeout(300)
def test_the_first_start_serves_pages_and_the_second_is_quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    var = tmp_path / "var"
    with up(var, "--web", "1") as first:
        password = re.search(r"Log in as admin with the password (\S+) \(shown this once\)", first.output)
        assert password
        assert first.get("/health/live").status_code == 200
        assert "model      ready on " in first.output
        assert first.get("/admin/login/").status_code == 200
        style = re.search(r"/static/admin/css/base\.[0-9a-f]{12}\.css", first.get("/admin/login/").text)
        assert style
        assert "immutable" in first.get(style[0]).headers["cache-control"]
        family = first.family()
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(READY_S) == 0
        eventually(lambda: all(map(has_ended, family)), within_s=3)

    monkeypatch.setenv("LLM_ENDPOINTS", "https://key@models.example.com/v1?model=large")
    with up(var) as second:
        assert "password" not in second.output
        assert "model " not in second.output
        assert second.get("/health/live").status_code == 200
        assert "already" in refused(var, "--port", str(free_port()))

        children = second.family()
        os.kill(second.process.pid, signal.SIGKILL)
        second.process.wait()
        eventually(lambda: all(map(has_ended, children)))


def test_a_password_made_for_a_start_that_failed_is_shown_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMNI_PERF_BUDGETS", "p95=1")
    command = [sys.executable, "manage.py", "up", "--port", str(free_port())]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert "PERF_BUDGETS['p95'] is not a setting" in done.stderr
    assert "Log in as admin with the password" in done.stdout


def test_runserver_alone_serves_pages_without_valkey(tmp_path: Path) -> None:
    port = free_port()
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity", "0"], cwd=ROOT, env=environment(tmp_path), check=True)
    command = [*manage, "runserver", "--noreload", str(port)]
    with (tmp_path / "printed").open("w") as out:
        server = subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path), stdout=out, stderr=out)
    try:
        eventually(lambda: answers(port) or server.poll() is not None, within_s=READY_S)
        answer = httpx.get(f"http://{LOOPBACK}:{port}/admin/login/", timeout=10)
        style = httpx.get(f"http://{LOOPBACK}:{port}/static/admin/css/base.css", timeout=10)
    finally:
        server.terminate()
        server.wait(READY_S)

    assert "Starting ASGI/Daphne" in (tmp_path / "printed").read_text()
    assert (answer.status_code, style.status_code) == (200, 200)


def test_a_busy_port_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as busy:
        port = busy.getsockname()[1]
        said = refused(tmp_path / "var", "--port", str(port))

    assert re.search(rf"Port {port} is in use by \S+ \(process {os.getpid()}\)", said)
    assert f"--port {port + 1}" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--profile", "clutser"), "There is no profile 'clutser'. Available: default, cluster."),
        (("--web", "0"), "--web must be between 1 and 64, not 0."),
        (("--port", "99999"), "--port must be between 1 and 65535, not 99999."),
        (("--host", "192.0.2.1"), "Can't listen on 192.0.2.1:8000"),
    ],
)
def test_a_wrong_option_is_told_before_anything_starts(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(tmp_path / "var", *arguments)
    assert not (tmp_path / "var" / "valkey").exists()


def test_the_cluster_does_not_take_the_place_of_a_database_that_was_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@elsewhere/data")
    said = refused(tmp_path / "var", "--profile", "cluster")

    assert "The profile 'cluster' brings its own PostgreSQL, but DATABASE_URL" in said
    assert "Unset them, or use the profile 'default'" in said
    assert not (tmp_path / "var" / "postgres").exists()


def test_more_connections_than_the_server_takes_are_refused_with_the_sums(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", postgres_url)
    said = refused(tmp_path / "var", "--port", str(free_port(neighbours=1)), "--web", "2")

    sums = "2 web × (20 + 30) + 5 others × (2 + 3) + 1 writer × (4 + 1) = 130"
    assert f"{sums}, but it takes 100 less 3 reserved = 97." in said
    assert "Set OMNI_DB_POOL_SIZE=20 and OMNI_DB_POOL_OVERFLOW=13, or start fewer processes" in said


def test_a_folder_that_can_not_be_written_is_named() -> None:
    assert "Nothing can be written to /proc/nowhere" in refused(Path("/proc/nowhere"))
