"""What happens past the number of threads and the length of the queue."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from omniwriter.bridge import body, protocol
from tests.omniwriter.bridge.conftest import Serve
from tests.waiting import eventually


def test_past_the_queue_the_answer_is_503_and_says_when_to_try_again(bridged: Serve) -> None:
    release = threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        assert release.wait(10)
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=2, queue=3)
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(httpx.get, f"http://127.0.0.1:{port}/", timeout=10) for _ in range(8)]
        eventually(lambda: sum(future.done() for future in asked) == 3)
        release.set()
        answers = [future.result(10) for future in asked]

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [503] * 3
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status_code == 503)
    assert httpx.get(f"http://127.0.0.1:{port}/").status_code == 200


def test_a_client_that_leaves_before_its_answer_does_no_harm(bridged: Serve) -> None:
    entered, release = threading.Event(), threading.Event()

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        entered.set()
        assert release.wait(10)
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=1)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert entered.wait(10)
    release.set()

    assert httpx.get(f"http://127.0.0.1:{port}/", timeout=10).text == "ok"


def test_a_request_whose_client_left_while_many_waited_is_not_run(bridged: Serve) -> None:
    release, seen = threading.Event(), []

    def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        seen.append(environ["PATH_INFO"])
        assert release.wait(10)
        start_response("200 OK", [])
        return [b"ok"]

    port = bridged(application, threads=1)
    with ThreadPoolExecutor(2) as pool:
        staying = [pool.submit(httpx.get, f"http://127.0.0.1:{port}/stays", timeout=10) for _ in range(2)]
        eventually(lambda: bridged.taken == 2)
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /leaves HTTP/1.1\r\nHost: x\r\n\r\n")
            eventually(lambda: bridged.taken == 3)
        eventually(lambda: bridged.left == 1)
        release.set()
        assert [future.result(10).text for future in staying] == ["ok", "ok"]

    assert httpx.get(f"http://127.0.0.1:{port}/after", timeout=10).text == "ok"
    assert seen == ["/stays", "/stays", "/after"]


def test_a_request_whose_head_never_ends_is_given_up(bridged: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    port = bridged(_never_called)
    for sent in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(sent)
            assert client.recv(1000) == b""


def test_a_request_whose_body_stops_coming_is_given_up(bridged: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "SILENCE_S", 0.3)
    with socket.create_connection(("127.0.0.1", bridged(_never_called)), timeout=10) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
        answer = client.recv(1000)

    assert answer.startswith(b"HTTP/1.1 408")
    assert b"connection: close" in answer


def _never_called(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    raise AssertionError
