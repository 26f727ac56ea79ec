"""A load test asked for in the browser of a project that has perfmon alone: without manage.py, and without Valkey."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil
import pytest

from omniwriter.stack.ports import free_port
from tests.perfmon.test_bare_project import USER, answers, copied, log_in
from tests.waiting import eventually, has_ended

RUN = "/dashboard/loadtests/1"
SMOKE = {"profile": "smoke", "model": "", "target": ""}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("beside", ["alone", "with a collector"])
def test_the_web_process_or_the_collector_starts_it_and_it_ends_with_it(request, tmp_path: Path, beside: str) -> None:
    url = request.getfixturevalue("valkey_url") if beside == "with a collector" else ""
    bare, port = copied(tmp_path / "site", url), free_port()
    bare.env["LOADTEST_HOST"] = host = f"http://127.0.0.1:{port}"
    bare.django("migrate", "--verbosity=0")
    bare.django("createsuperuser", "--noinput", f"--username={USER}", "--email=ana@example.org")
    with ExitStack() as stack:
        web = stack.enter_context(bare.running("-m", "uvicorn", "bare_asgi:application", f"--port={port}"))
        starter = stack.enter_context(bare.running("-m", "django", "collect")) if url else web
        client = stack.enter_context(httpx.Client(base_url=host, timeout=20))
        eventually(lambda: answers(client), within_s=30)
        log_in(client)

        _post(client, "/dashboard/loadtests", **SMOKE, host=host, duration_s="5")
        eventually(lambda: _status(client) in ("passed", "failed", "broken"), within_s=90)
        run = client.get(f"{RUN}/run.json").json()
        assert (run["status"], run["notes"] and run["notes"][0]["code"]) in [
            ("passed", []), ("passed", "host_busy"), ("passed", "generator_late"), ("passed", "server_unseen"),
            ("passed", "closed_hides"),
        ]  # fmt: skip
        assert run["summary"]["counts"]["client"] > 0

        _post(client, f"{RUN}/again")
        eventually(lambda: bool(_conductors(starter.pid)), within_s=60)
        (child,) = _conductors(starter.pid)
        starter.kill()
        eventually(lambda: has_ended(child), within_s=60)


def _post(client: httpx.Client, path: str, **form: str) -> None:
    client.get("/dashboard/loadtests")
    answer = client.post(path, data={**form, "csrfmiddlewaretoken": client.cookies["csrftoken"]})
    assert answer.status_code == 302, answer.text[:2000]


def _status(client: httpx.Client) -> str:
    return str(client.get(f"{RUN}/run.json").json()["status"])


def _conductors(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if "loadtest" in child.cmdline()]
