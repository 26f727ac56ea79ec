"""Answers from memory on the wire: the same whether uvicorn encodes them or they come encoded."""

from __future__ import annotations

import http.client
import socket
from typing import Any

import httpx
import pytest

from omniwriter import asgi
from omniwriter.bridge.protocol import PatientProtocol
from omniwriter.edge import Edge
from omniwriter.edge.answers import MAX_BODY_BYTES
from omniwriter.stack.ports import LOOPBACK
from tests.fixtures.site import Site
from tests.waiting import READY_S

from .asking import Origin
from .conftest import Serve


def exchange(port: int, *requests: str, ends: bytes) -> bytes:
    """Send requests in one go and return what comes until it ends with ``ends``."""
    with socket.create_connection((LOOPBACK, port), timeout=READY_S) as client:
        client.sendall("".join(f"{request}\r\n\r\n" for request in requests).encode())
        received = b""
        while not received.endswith(ends) and (piece := client.recv(65_536)):
            received += piece
    return received


GET = "GET /a HTTP/1.1\r\nHost: a.example"
REQUESTS = {
    "whole": GET,
    "head": GET.replace("GET", "HEAD"),
    "known": f'{GET}\r\nIf-None-Match: "one"',
    "part": f"{GET}\r\nRange: bytes=2-4",
    "past the end": f"{GET}\r\nRange: bytes=20-",
    "closing": f"{GET}\r\nConnection: close",
    "old": GET.replace("HTTP/1.1", "HTTP/1.0"),
    "old, kept alive": GET.replace("HTTP/1.1", "HTTP/1.0") + "\r\nConnection: keep-alive",
}


def message(port: int, request: str) -> tuple[list[bytes], bytes]:
    """Return an answer's lines, sorted and without the date, and its body; the next one on the wire is a mark."""
    received = exchange(port, request, "GET /mark HTTP/1.1\r\nHost: a.example\r\nConnection: close", ends=b"MARK")
    answer, mark, _ = received.partition(b"HTTP/1.1 418")
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"date:")]
    return [lines[0], *sorted(lines[1:]), *([b"another follows"] if mark else [])], body


async def marked(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer for the mark, so that an answer before it shows where it ends."""
    await send({"type": "http.response.start", "status": 418, "headers": [(b"content-length", b"4")]})
    await send({"type": "http.response.body", "body": b"MARK"})


@pytest.mark.parametrize("name", REQUESTS)
def test_an_answer_is_the_same_on_the_wire_whoever_encodes_it(serve: Serve, name: str) -> None:
    origin = Origin(last_modified="Sat, 28 Nov 2026 01:00:00 GMT")
    edge = Edge(origin, limit_bytes=1 << 20)

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await (marked if scope["path"] == "/mark" else edge)(scope, receive, send)

    answers = []
    for protocol in ("httptools", PatientProtocol):
        port = serve(application, protocol)
        message(port, GET)
        answers.append(message(port, REQUESTS[name]))

    assert answers[0] == answers[1]
    assert b"x-cache: hit" in answers[1][0]


def test_requests_sent_in_one_go_are_answered_in_their_order(serve: Serve) -> None:
    port = serve(Edge(Origin(b"0123456789"), limit_bytes=1 << 20), PatientProtocol)

    received = exchange(port, GET, GET, f"{GET}\r\nRange: bytes=0-0", f"{GET}\r\nConnection: close", ends=b"\0")

    assert received.count(b"HTTP/1.1 200 OK") == 3
    assert received.count(b"0123456789") == 3
    assert received.count(b"206 Partial Content") == 1


def test_a_reader_who_takes_nothing_holds_up_no_other(serve: Serve) -> None:
    port = serve(Edge(Origin(bytes(MAX_BODY_BYTES)), limit_bytes=1 << 20), PatientProtocol)
    url = f"http://{LOOPBACK}:{port}/a"
    httpx.get(url, headers={"Host": "a.example"})
    with socket.create_connection((LOOPBACK, port), timeout=READY_S) as slow:
        slow.sendall(f"{GET}\r\n\r\n".encode() * 200)

        assert [len(httpx.get(url, headers={"Host": "a.example"}).content) for _ in range(3)] == [MAX_BODY_BYTES] * 3
        answer = http.client.HTTPResponse(slow)
        answer.begin()
        assert len(answer.read()) == MAX_BODY_BYTES


def test_the_sites_lists_come_from_memory_and_files_and_streams_do_not(site: Site) -> None:
    with httpx.Client(base_url=site.url) as client:
        for path in ("/api/articles", "/en/", "/static/omniwriter/icon.svg", "/events/none"):
            client.get(path)
        listed = client.get("/api/articles")

    assert "ratelimit-limit" not in listed.headers
    assert listed.headers["x-cache"] == "hit"
    assert {key[2] for key in asgi.edge.table._kept} == {b"/api/articles", b"/en/"}
