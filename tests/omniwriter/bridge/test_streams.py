"""Streamed answers: sent as they are made, stopped when the client leaves, one thread each and no more."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpx
import pytest

from omniwriter.bridge import stream
from omniwriter.bridge.application import WsgiApp
from tests.omniwriter.bridge.conftest import Serve


class Stream:
    """A streaming answer in Django's sense: it says so, and it can be closed."""

    streaming = True

    def __init__(self, chunks: Iterable[bytes], closed: threading.Event) -> None:
        self._chunks, self._closed = chunks, closed

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._chunks)

    def close(self) -> None:
        self._closed.set()


def streaming(chunks: Callable[[], Iterable[bytes]], closed: threading.Event) -> WsgiApp:
    """A WSGI application that streams ``chunks()``."""

    def application(environ: dict[str, Any], start_response: Any) -> Stream:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return Stream(chunks(), closed)

    return application


def test_a_chunk_arrives_before_the_next_is_made(bridged: Serve) -> None:
    go_on, closed = threading.Event(), threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"first"
        assert go_on.wait(10)
        yield b"second"

    port = bridged(streaming(chunks, closed))
    with httpx.stream("GET", f"http://127.0.0.1:{port}/", timeout=10) as answer:
        received = answer.iter_raw()
        assert next(received) == b"first"
        go_on.set()
        assert b"".join(received) == b"second"
    assert closed.wait(10)


def test_a_client_that_leaves_stops_the_stream(bridged: Serve) -> None:
    made, closed = [], threading.Event()

    def chunks() -> Iterator[bytes]:
        for number in range(100_000):
            made.append(number)
            yield b"x" * 65_536

    port = bridged(streaming(chunks, closed))
    with httpx.stream("GET", f"http://127.0.0.1:{port}/", timeout=10) as answer:
        next(answer.iter_raw())

    assert closed.wait(10)
    assert len(made) < 100_000


def test_a_client_that_reads_nothing_is_waited_for_and_not_buffered_for(bridged: Serve) -> None:
    made, closed = [], threading.Event()
    stalled = threading.Event()

    def chunks() -> Iterator[bytes]:
        for number in range(2_000):
            made.append(number)
            if number == 200:
                stalled.set()
            yield b"x" * 65_536

    port = bridged(streaming(chunks, closed))
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not stalled.wait(1)  # 13 MB would have been made by then
    assert closed.wait(10)


def test_head_of_a_stream_makes_nothing(bridged: Serve) -> None:
    made, closed = [], threading.Event()

    def chunks() -> Iterator[bytes]:
        made.append(1)
        yield b"x"

    answer = httpx.head(f"http://127.0.0.1:{bridged(streaming(chunks, closed))}/")

    assert answer.status_code == 200
    assert made == []
    assert closed.wait(10)


def test_a_stream_that_fails_half_way_breaks_off_visibly(bridged: Serve) -> None:
    closed = threading.Event()

    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise RuntimeError("broken")

    port = bridged(streaming(chunks, closed))
    broken = False
    try:
        httpx.get(f"http://127.0.0.1:{port}/")
    except httpx.RemoteProtocolError:
        broken = True

    assert broken
    assert closed.wait(10)


def test_a_client_that_takes_nothing_for_too_long_has_its_stream_ended(
    bridged: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STALL_S", 0.3)
    closed = threading.Event()

    def chunks() -> Iterator[bytes]:
        while True:
            yield b"x" * 65_536

    port = bridged(streaming(chunks, closed))
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert closed.wait(10)
