"""``manage.py perftest`` as a person starts it: servers of its own and running ones, good and bad, and Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from omniwriter.stack.ports import free_port
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Service, run
from tests.waiting import eventually

ROOT = Path(__file__).parents[3]
LEAK_BYTES = 20_000
QUICK = ("--requests", "20", "--volleys", "1", "--at-once", "10", "--memory-requests", "1200", "--drift-seconds", "4")


class Perftest:
    """Runs the command in a process of its own, on the project with a few bad routes more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "leaking_settings",
            "PYTHONPATH": str(ROOT / "tests" / "leaking_site"),
            "OMNI_VAR_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{connections['default'].settings_dict['NAME']}",
            "LEAK_BYTES": str(LEAK_BYTES),
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start it."""
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "perftest", *arguments],
            cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __call__(self, *arguments: str, code: int = 0) -> tuple[str, str]:
        """Run it to its end; return what it wrote to both outputs."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=100)
        assert process.returncode == code, out + err
        return out, err

    def cases(self, *arguments: str, code: int = 0) -> dict[tuple[str, str], dict]:
        """Run it and return its cases by check and route."""
        report = json.loads(self(*QUICK, *arguments, "--json", "-", code=code)[0])
        return {(case["check"], case["route"]): case for case in report["cases"]}


@pytest.fixture
def perftest(transactional_db: None, tmp_path: Path) -> Perftest:
    """The command."""
    return Perftest(tmp_path)


@pytest.fixture
def leaking_port(perftest: Perftest, tree: Tree, tmp_path: Path):
    """The port of a running server with bad routes."""
    port = free_port()
    command = (sys.executable, "-m", "uvicorn", "omniwriter.asgi:application", "--port", str(port))
    env = {**perftest.env, "PYTHONPATH": f"{ROOT}:{perftest.env['PYTHONPATH']}"}
    service = Service(name="web", command=command, listens=port, page="/health/live", env=env, cwd=ROOT)
    with run(service, tmp_path / "web.log", tree):
        yield port


def test_a_server_of_its_own_passes_is_told_of_and_is_gone_afterwards(perftest):
    out, _err = perftest(*QUICK, "--route", "/health/live", "--junit", "suite.xml", "--json", "report.json")
    assert out.startswith("Performance test of http://127.0.0.1:")
    assert "3 of 3 checks passed" in out
    report = json.loads((perftest.folder / "report.json").read_text())
    assert report["passed"]
    assert [case["check"] for case in report["cases"]] == ["time", "concurrency", "memory"]
    suites = ET.parse(perftest.folder / "suite.xml").getroot()
    assert (suites.get("tests"), suites.get("failures"), suites.get("errors")) == ("3", "0", "0")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(report["host"].rpartition(":")[2]))) != 0


def test_a_leak_is_found_and_what_levels_off_is_none(perftest):
    cases = perftest.cases("--route", "/leak", "--route", "/bounded", "--checks", "memory", code=1)
    leak, bounded = cases["memory", "/leak"], cases["memory", "/bounded"]
    assert leak["verdict"] == "failed"
    assert [one["name"] for one in leak["findings"] if not one["passed"]] == ["growth"]
    assert leak["figures"]["steady_bytes"] == pytest.approx(LEAK_BYTES, rel=0.1)
    assert bounded["verdict"] == "passed"


def test_a_running_server_is_judged_route_by_route(perftest, leaking_port):
    host = f"http://127.0.0.1:{leaking_port}"
    routes = ("--route", "/health/live", "--route", "/flaky", "--route", "/nowhere")
    out, _err = perftest(*QUICK, "--host", host, *routes, "--checks", "time,concurrency", "--junit", "s.xml", code=1)
    assert "GET /health/live" in out
    assert "time GET /flaky: 2 requests failed, limit 0; failed: 503 × 2" in out
    assert "concurrency GET /nowhere: 0% of the requests succeeded, more than 95.0% must; failed: 404 × 10" in out
    assert "2 of 6 checks passed" in out
    suites = ET.parse(perftest.folder / "s.xml").getroot()
    assert (suites.get("tests"), suites.get("failures")) == ("6", "4")
    assert host not in ET.tostring(suites, encoding="unicode")


def test_a_volley_is_at_the_server_at_the_same_time(perftest, leaking_port):
    cases = perftest.cases(
        "--host", f"http://127.0.0.1:{leaking_port}", "--route", "/together", "--checks", "concurrency"
    )
    assert cases["concurrency", "/together"]["failures"] == {}


def test_without_routes_those_of_the_project_are_tested_that_answer_everybody(perftest):
    perftest.env["DJANGO_SETTINGS_MODULE"] = "omniwriter.settings"
    cases = perftest.cases("--checks", "time")
    routes = [route for _check, route in cases]
    assert "/" in routes
    assert len(routes) == 8
    assert not any(route.startswith(("/admin", "/dashboard")) for route in routes)


def test_ctrl_c_tells_what_was_measured_and_leaves_no_server(perftest):
    process = perftest.start(
        "--route", "/health/live", "--requests", "20", "--checks", "time,memory", "--json", "r.json"
    )
    for line in process.stderr:
        if line.startswith("memory"):
            break
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, out + err
    assert "Traceback" not in err
    assert "memory GET /health/live: stopped before it was done" in out
    report = json.loads((perftest.folder / "r.json").read_text())
    assert (report["stopped"], report["passed"]) == (True, False)
    assert [case["verdict"] for case in report["cases"]] == ["passed", "broken"]
    eventually(lambda: not any(one.is_running() for one in family))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--host", "http://192.0.2.1"], "--allow-host 192.0.2.1"),
        (["--route", "http://127.0.0.1:8000/"], "--route must begin with one slash"),
        (["--checks", "time,speed"], "there is no check 'speed'; there are time, concurrency, memory"),
        (["--requests", "5"], "must be a whole number from 20 to 100,000"),
        (["--json", "/no/such/folder/report.json"], "does not exist"),
        (["--pid", "1"], "without --host one is started"),
    ],
)
def test_wrong_use_is_answered_with_what_is_right(arguments, says):
    with pytest.raises(CommandError, match=says.replace(".", r"\.")) as caught:
        call_command("perftest", *arguments)
    assert caught.value.returncode in (1, 2)  # argparse's own errors get their 2 from Django's command line


def test_wrong_use_ends_with_2_and_no_server_with_3(perftest):
    assert "--allow-host" in perftest("--host", "http://192.0.2.1", code=2)[1]
    assert "whole number" in perftest("--requests", "5", code=2)[1]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "can't be reached" in perftest("--host", f"http://127.0.0.1:{port}", "--route", "/", code=3)[1]


def test_a_server_that_does_not_start_is_told_with_its_last_lines(settings):
    settings.PERFMON = {"PERFTEST_SERVER": ["{python}", "-c", "raise SystemExit('No luck on {port}')"]}
    with pytest.raises(CommandError, match=r"(?s)The server ended.*Its last lines:\n  No luck on \d+") as caught:
        call_command("perftest", "--route", "/")
    assert caught.value.returncode == 3


def test_a_project_that_does_not_say_how_it_is_served_is_told_what_to_set(settings):
    settings.PERFMON, settings.ASGI_APPLICATION = {}, None
    with pytest.raises(CommandError, match=r"set ASGI_APPLICATION, or PERFMON\['PERFTEST_SERVER'\]"):
        call_command("perftest")
