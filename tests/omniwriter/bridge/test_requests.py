"""Requests as the WSGI application sees them, and answers as the client gets them."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import io
import json
import socket
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import httpx
import pytest

from omniwriter.bridge import Bridge
from omniwriter.bridge.body import Body
from omniwriter.bridge.environ import build_environ
from tests.omniwriter.bridge.conftest import Serve


def echo(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Answer with what the application saw, as JSON."""
    body = environ["wsgi.input"].read()
    seen = {key: value for key, value in environ.items() if isinstance(value, (str, int, bool))}
    text = json.dumps({**seen, "body": body.decode("latin-1")}).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
    return [text]


@pytest.fixture
def port(bridged: Serve) -> int:
    """The echo application's port."""
    return bridged(echo)


def test_method_path_query_and_body_arrive(port: int) -> None:
    seen = httpx.post(f"http://127.0.0.1:{port}/a%20b?x=1&x=2", content=b"hello").json()

    assert (seen["REQUEST_METHOD"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("POST", "/a b", "x=1&x=2")
    assert seen["body"] == "hello"
    assert seen["CONTENT_LENGTH"] == "5"
    assert seen["wsgi.multithread"] is True
    assert seen["REMOTE_ADDR"] == "127.0.0.1"


def test_a_path_in_another_script_arrives_as_wsgi_wants_it(port: int) -> None:
    seen = httpx.get(f"http://127.0.0.1:{port}/ação/日本").json()

    assert seen["PATH_INFO"].encode("latin-1").decode() == "/ação/日本"


def test_repeated_headers_are_joined_and_cookies_with_a_semicolon(port: int) -> None:
    headers = [("X-Tag", "a"), ("X-Tag", "b"), ("Cookie", "a=1"), ("Cookie", "b=2")]
    seen = httpx.get(f"http://127.0.0.1:{port}/", headers=headers).json()

    assert seen["HTTP_X_TAG"] == "a,b"
    assert seen["HTTP_COOKIE"] == "a=1; b=2"


def test_a_header_with_an_underscore_can_not_pass_for_another(port: int) -> None:
    seen = httpx.get(f"http://127.0.0.1:{port}/", headers={"X_Forwarded_For": "10.0.0.1"}).json()

    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_a_mounted_application_sees_its_own_path() -> None:
    scope = {
        "method": "GET",
        "path": "/app/page",
        "root_path": "/app",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
    }
    environ = build_environ(scope, Body(io.BytesIO(), 0))

    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app", "/page")


def test_the_time_the_request_was_whole_is_there_for_the_queue_wait(port: int) -> None:
    assert isinstance(httpx.get(f"http://127.0.0.1:{port}/").json()["perfmon.queued_ns"], int)


def test_head_has_the_headers_and_no_body(port: int) -> None:
    answer = httpx.head(f"http://127.0.0.1:{port}/")

    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) > 0
    assert answer.content == b""


def test_one_connection_serves_many_requests(port: int) -> None:
    with httpx.Client() as client:
        paths = [client.get(f"http://127.0.0.1:{port}/{number}").json()["PATH_INFO"] for number in range(50)]

    assert paths == [f"/{number}" for number in range(50)]


def test_each_request_has_a_context_of_its_own(bridged: Serve) -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        before = name.get()
        name.set(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [before.encode()]

    port = bridged(application, threads=1)
    answers = [httpx.get(f"http://127.0.0.1:{port}/{number}").text for number in range(5)]

    assert answers == ["nobody"] * 5


def test_an_application_that_raises_is_answered_500_and_the_next_request_is_served(bridged: Serve) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/broken":
            raise RuntimeError("broken")
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=1)

    assert httpx.get(f"http://127.0.0.1:{port}/broken").status_code == 500
    assert httpx.get(f"http://127.0.0.1:{port}/").text == "ok"


def test_the_answer_is_closed_once(bridged: Serve) -> None:
    closed = []

    class Answer(list[bytes]):
        def close(self) -> None:
            closed.append(threading.current_thread().name)

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return Answer([b"a", b"b"])

    port = bridged(application)

    assert httpx.get(f"http://127.0.0.1:{port}/").text == "ab"
    assert closed == ["http"]


def chunks(size: int, piece: bytes) -> Iterator[bytes]:
    """Yield ``size`` bytes."""
    for _ in range(size // len(piece)):
        yield piece


def test_an_upload_of_100_mb_rests_on_disk_and_arrives_whole(bridged: Serve) -> None:
    on_disk = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        body = environ["wsgi.input"]
        on_disk.append(body._rolled)
        digest = hashlib.sha256()
        while piece := body.read(1 << 20):
            digest.update(piece)
        start_response("200 OK", [])
        return [digest.hexdigest().encode()]

    port = bridged(application, limit_bytes=128 << 20)
    piece, size = bytes(range(256)) * 256, 100 << 20
    answer = httpx.post(f"http://127.0.0.1:{port}/", content=chunks(size, piece), timeout=60)
    expected = hashlib.sha256()
    for one in chunks(size, piece):
        expected.update(one)

    assert answer.text == expected.hexdigest()
    assert on_disk == [True]


def test_a_body_declared_too_large_is_refused_before_it_is_read(bridged: Serve) -> None:
    called = []
    port = bridged(lambda environ, start: called.append(1) or [b""], limit_bytes=1000)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("POST", "/")
    connection.putheader("Content-Length", "1001")
    connection.endheaders()  # and not a byte of the body

    assert connection.getresponse().status == 413
    assert called == []
    connection.close()


def test_a_body_that_grows_too_large_without_saying_so_is_refused(bridged: Serve) -> None:
    port = bridged(echo, limit_bytes=1000)
    answer = httpx.post(f"http://127.0.0.1:{port}/", content=chunks(4096, b"x" * 64))

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/a", "/apple"])
def test_only_whole_segments_of_a_mount_point_are_taken_off_the_path(path: str) -> None:
    scope = {
        "method": "GET",
        "path": path,
        "root_path": "/app",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
    }
    environ = build_environ(scope, Body(io.BytesIO(), 0))

    expected = path if path == "/apple" else path.removeprefix("/app")
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/app", expected)


def test_a_path_in_another_encoding_keeps_its_bytes(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(b"GET /caf%E9?q=%E9 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = b""
        while chunk := client.recv(65_536):
            answer += chunk
    seen = json.loads(answer.partition(b"\r\n\r\n")[2])

    assert seen["PATH_INFO"].encode("latin-1") == b"/caf\xe9"
    assert seen["QUERY_STRING"] == "q=%E9"


def test_an_answer_without_a_length_gets_it_also_under_head(bridged: Serve) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"abc", b"de"]

    url = f"http://127.0.0.1:{bridged(application)}/"

    assert [httpx.request(method, url).headers["content-length"] for method in ("GET", "HEAD")] == ["5", "5"]


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_a_status_without_a_body_gets_neither_body_nor_length(bridged: Serve, status: str) -> None:
    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response(status, [("ETag", '"1"')])
        return [b""]

    answer = httpx.get(f"http://127.0.0.1:{bridged(application)}/")

    assert (answer.status_code, answer.content) == (int(status[:3]), b"")
    assert "content-length" not in answer.headers


def test_variables_of_the_server_s_context_reach_the_application() -> None:
    name: ContextVar[str] = ContextVar("name", default="nobody")
    seen = []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(name.get())
        start_response("200 OK", [])
        return [b""]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        pass

    async def serve() -> None:
        name.set("somebody")
        bridge = Bridge(application, threads=1, queue=1, limit_bytes=1000)
        scope = {"method": "GET", "path": "/", "query_string": b"", "http_version": "1.1", "headers": []}
        await bridge(scope, receive, send)

    asyncio.run(serve())

    assert seen == ["somebody"]
