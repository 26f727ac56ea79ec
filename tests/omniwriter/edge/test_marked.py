"""A load test's requests on the wire: whichever layer answers, it is counted once and told what was counted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import pytest
from django.core.wsgi import get_wsgi_application

from omniwriter import asgi
from omniwriter.bridge import Bridge
from omniwriter.bridge.protocol import PatientProtocol
from omniwriter.edge import Edge
from omniwriter.stack.ports import LOOPBACK
from perfmon.loadtest.marks import mark_of
from perfmon.loadtest.plans import MARK_HEADER
from perfmon.series import SeriesKey, Windows

from .conftest import Serve

RUN = 12
LIMIT_BYTES = 2_000
CLIENTS = 4
ROUNDS = 6
TOLD = re.compile(r"app;dur=(?P<app>\d+\.\d{6})(, queue;dur=(?P<queue>\d+\.\d{6}))?")


@dataclass(frozen=True)
class Case:
    """An action of a load test: what is sent, and the statuses it may come to."""

    method: str
    path: str
    statuses: frozenset[int]
    told: bool = True
    counted: bool = True
    headers: tuple[tuple[str, str], ...] = ()
    content: bytes = b""


CASES = (
    Case("GET", "/told/a/", frozenset({200})),  # Django's first, the edge's afterwards
    Case("HEAD", "/told/a/", frozenset({200})),
    Case("GET", "/told/a/", frozenset({304}), headers=(("if-none-match", "*"),)),
    Case("GET", "/told/a/", frozenset({200}), headers=(("cache-control", "no-cache"),)),  # Django's, kept by its cache
    Case("GET", "/plain/", frozenset({200})),
    Case("GET", "/nowhere/", frozenset({404})),
    Case("GET", "/broken/", frozenset({500})),
    Case("GET", "/moved/", frozenset({302})),
    Case("GET", "/plain/", frozenset({400}), headers=(("host", "evil.example"),)),
    Case("POST", "/plain/", frozenset({403}), content=b"x"),  # without a CSRF token
    Case("POST", "/plain/", frozenset({413}), content=bytes(LIMIT_BYTES + 1)),
    Case("GET", "/streamed/", frozenset({200}), told=False),
    Case("GET", "/left/out/", frozenset({200}), told=False, counted=False),
    Case("POST", "/left/out/", frozenset({413}), told=False, counted=False, content=bytes(LIMIT_BYTES + 1)),
)


@pytest.fixture
def url(serve: Serve, bridge: Bridge, settings, recorded: Callable[[], Windows]) -> str:
    """Where the site's own layers are served, with all kinds of addresses."""
    settings.ROOT_URLCONF = "tests.omniwriter.edge.urls_marked"
    settings.ALLOWED_HOSTS = [LOOPBACK]
    settings.PERFMON = {**settings.PERFMON, "IGNORE_PATHS": ["/left/"], "SERVER_TIMING": False}
    return served_by(serve, threads=2, queue=32)


def served_by(serve: Serve, *, threads: int, queue: int) -> str:
    wsgi = get_wsgi_application()
    bridge = Bridge(wsgi, threads=threads, queue=queue, limit_bytes=LIMIT_BYTES, on_refused=asgi.count_refused)
    return f"http://{LOOPBACK}:{serve(Edge(bridge, limit_bytes=1 << 20), PatientProtocol)}"


def send(client: httpx.Client, case: Case, mark: str) -> httpx.Response:
    headers = [*case.headers, (MARK_HEADER, mark)]
    return client.request(case.method, case.path, headers=headers, content=case.content or None)


def send_all(url: str, mark: str) -> list[tuple[int, int, str]]:
    """Send every case several times and return action, status and what was told of each answer."""
    with httpx.Client(base_url=url, timeout=60) as client:
        asked = [(number, case) for _ in range(ROUNDS) for number, case in enumerate(CASES)]
        answers = [(number, send(client, case, f"{mark}.{number}")) for number, case in asked]
    return [(number, answer.status_code, answer.headers.get("server-timing", "")) for number, answer in answers]


def test_every_answer_is_counted_once_and_told_to_the_nanosecond(url: str, recorded: Callable[[], Windows]) -> None:
    with ThreadPoolExecutor(CLIENTS) as clients:
        answers = [one for told in clients.map(send_all, [url] * CLIENTS, [mark_of(RUN)] * CLIENTS) for one in told]

    windows = recorded()
    for number, case in enumerate(CASES):
        mine = [(status, text) for action, status, text in answers if action == number]
        told = [TOLD.fullmatch(text) for _, text in mine]
        server = windows.get(SeriesKey("load_server", f"{RUN}/{number}"))
        assert {status for status, _ in mine} == case.statuses, case
        assert len(mine) == CLIENTS * ROUNDS
        assert all(map(bool, told)) == case.told, case
        assert (server is not None) == case.counted, case
        if server is None:
            continue
        assert server.count == server.histogram.count == len(mine), case
        assert server.errors == sum(status >= 500 for status, _ in mine), case
        if case.told:
            assert server.sum == sum(ns(match["app"]) for match in told if match), case
            assert server.max == max(ns(match["app"]) for match in told if match), case
            waits = [ns(match["queue"]) for match in told if match and match["queue"]]
            queue = windows.get(SeriesKey("load_queue", f"{RUN}/{number}"))
            assert (queue.count, queue.sum) == (len(waits), sum(waits)) if queue else not waits, case


def test_a_server_that_is_full_counts_and_tells_what_it_refuses(serve: Serve, url: str, recorded) -> None:
    crowded = served_by(serve, threads=1, queue=0)
    with ThreadPoolExecutor(8) as clients:
        answers = [one for told in clients.map(send_all, [crowded] * 8, [mark_of(RUN)] * 8) for one in told]

    counted = Counter(action for action, _, _ in answers if CASES[action].counted)
    windows = recorded()
    assert 503 in {status for _, status, _ in answers}
    assert {text for _, status, text in answers if status == 503} <= {"app;dur=0.000000", ""}
    for action, count in counted.items():
        window = windows[SeriesKey("load_server", f"{RUN}/{action}")]
        failed = sum(status >= 500 for number, status, _ in answers if number == action)
        assert (window.count, window.errors) == (count, failed), CASES[action]


@pytest.mark.parametrize("mark", ["12.00000000000000000000", "12", "x" * 5000, mark_of(RUN).replace("12.", "13.")])
def test_forged_marks_count_nothing_and_are_told_nothing(url: str, recorded: Callable[[], Windows], mark: str) -> None:
    answers = send_all(url, mark)

    assert {text for _, _, text in answers} == {""}
    assert not [key for key in recorded() if key.kind.startswith("load_")]


def test_what_a_marked_answer_was_told_is_told_to_nobody_else(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        marked = [client.get("/told/a/", headers={MARK_HEADER: f"{mark_of(RUN)}.0"}) for _ in range(3)]
        others = [client.get("/told/a/") for _ in range(2)]

    assert [answer.headers["x-cache"] for answer in [*marked, *others]] == ["miss", "hit", "hit", "hit", "hit"]
    assert len({answer.headers["server-timing"] for answer in marked}) == 3
    assert not any("server-timing" in answer.headers for answer in others)


def ns(told_ms: str) -> int:
    """Return the nanoseconds of a told duration, without going through a float."""
    return int(told_ms.replace(".", ""))
