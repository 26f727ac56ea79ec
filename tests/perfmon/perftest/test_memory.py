"""The memory of real server processes: a leak is told from what grows with time, fills up, or is another process."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from perfmon.budgets import Budgets
from perfmon.perftest.addresses import Address
from perfmon.perftest.cases import BROKEN, FAILED, PASSED
from perfmon.perftest.memory import ENDED, OTHERS, check_memory
from perfmon.perftest.processes import processes_on
from perfmon.perftest.subjects import Extent, Subject

#: Keeps ``a request`` bytes with each request and ``a second`` with each second; at request ``ends`` of /ends its child
#: ends. It answers so slowly that the seconds count.
SERVER = """
import subprocess, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
a_request, a_second, pause_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
kept, asked = [], 0
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
class Handler(BaseHTTPRequestHandler):
    protocol_version, disable_nagle_algorithm = "HTTP/1.1", True
    def do_GET(self):
        global asked
        asked += 1
        kept.append(b"x" * a_request + b"%d" % asked)
        if self.path == "/ends" and asked == 600:
            child.communicate()
        if self.path == "/begins" and asked == 600:
            globals()["other"] = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        time.sleep(pause_s)
        self.send_response(500 if self.path == "/fails" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
def grow():
    while True:
        kept.append(b"x" * (a_second // 100) + b"%f" % time.time())
        time.sleep(0.01)
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=grow, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
"""


def nothing(done: int, total: int) -> None:
    """Hear how far it is."""


@pytest.fixture
def growing() -> Iterator[Callable[..., Subject]]:
    """Start such a server: bytes a request, bytes a second, seconds an answer takes."""
    started: list[subprocess.Popen[str]] = []

    def start(a_request: int = 0, a_second: int = 0, pause_s: float = 0.0, **extent: float) -> Subject:
        command = [sys.executable, "-c", SERVER, str(a_request), str(a_second), str(pause_s)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0)
        started.append(process)
        assert process.stdout
        address = Address("http", "127.0.0.1", int(process.stdout.readline()))
        little = {"memory_requests": 1200, "at_once": 4, "drift_s": 4, **extent}
        return Subject(address, Budgets(), lambda: processes_on(address.port), Extent(**little))  # type: ignore[arg-type]

    yield start
    for process in started:
        process.terminate()  # its child ends with the pipe between them
        process.communicate()


def test_a_leak_is_found_by_its_size(growing):
    case = check_memory(growing(a_request=5000), "/", nothing)
    assert case.verdict == FAILED
    assert case.figures["steady_bytes"] == pytest.approx(5000, rel=0.1)
    assert case.figures["requests"] == 1200


def test_a_server_that_keeps_nothing_passes(growing):
    assert check_memory(growing(), "/", nothing).verdict == PASSED


def test_what_grows_with_time_is_taken_off(growing):
    case = check_memory(growing(a_second=1_000_000, pause_s=0.005, drift_s=4), "/", nothing)
    (first, before, _), *_, (last, after, _) = case.figures["readings"]
    assert case.figures["drift_bytes_a_s"][0] > 0
    assert abs(case.figures["steady_bytes"]) < (after - before) / (last - first) / 2


def test_a_leak_is_found_beside_what_grows_with_time(growing):
    case = check_memory(growing(a_request=20_000, a_second=1_000_000, drift_s=4), "/", nothing)
    assert case.verdict == FAILED
    assert case.figures["drift_bytes_a_s"][0] > 0


def test_growth_of_more_than_a_hundred_megabytes_in_a_thousand_requests_fails_by_itself(growing):
    case = check_memory(growing(a_request=150_000), "/", nothing)
    assert [one.name for one in case.findings if not one.passed] == ["growth", "total growth"]


@pytest.mark.parametrize(("route", "why"), [("/ends", ENDED), ("/begins", OTHERS)])
def test_processes_that_end_or_begin_leave_nothing_to_judge(growing, route, why):
    case = check_memory(growing(), route, nothing)
    assert case.verdict == BROKEN
    assert case.broken == why


def test_a_route_that_fails_is_given_up_at_once(growing):
    case = check_memory(growing(), "/fails", nothing)
    assert case.verdict == BROKEN
    assert case.broken == "30 of the first 30 requests failed"
    assert case.failures == {"500": 30}


def test_a_slow_route_is_asked_less_often_in_the_time_there_is(growing):
    case = check_memory(
        growing(a_request=20_000, pause_s=0.004, memory_limit_s=6, memory_requests=50_000), "/", nothing
    )
    assert case.verdict == FAILED
    assert 400 <= case.figures["requests"] < 5000
    assert len(case.figures["readings"]) == 76


def test_one_that_is_too_slow_to_be_judged_says_so(growing):
    case = check_memory(growing(pause_s=0.05, memory_limit_s=1.0), "/", nothing)
    assert case.verdict == BROKEN
    assert "are too few to judge by; allow more time" in case.broken
