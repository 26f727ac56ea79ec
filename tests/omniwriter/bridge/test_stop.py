"""A server told to stop finishes what it began."""

from __future__ import annotations

import asyncio
import signal
import socket

import pytest
import websockets

from benchmarks.sites.steady_clients import SteadyClients
from omniwriter.stack.ports import LOOPBACK
from tests.omniwriter.bridge.conftest import Served
from tests.waiting import eventually


@pytest.mark.parametrize("path", ["/", "/sleep/30", "/large", "/stream/50"])
async def test_sigterm_under_load_loses_no_request(mortal: Served, path: str) -> None:
    clients = SteadyClients(mortal.port, path, 8)
    running = asyncio.ensure_future(clients.run())
    await asyncio.to_thread(eventually, lambda: clients.books.answered > 8)
    mortal.process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(running, 20)

    assert clients.books.lost == 0
    eventually(lambda: mortal.running.exit_code is not None)


def test_a_request_sent_on_an_idle_connection_after_sigterm_is_answered_as_its_last(patient: Served) -> None:
    request = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
    with socket.create_connection((LOOPBACK, patient.port), timeout=10) as connection:
        connection.sendall(request)
        first = _answer(connection)
        patient.process.send_signal(signal.SIGTERM)
        eventually(lambda: not _accepts(patient.port))
        connection.sendall(request)
        last = _answer(connection)

    assert b"connection: close" not in first
    assert last.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in last


async def test_a_websocket_is_told_that_the_service_restarts(mortal: Served) -> None:
    url = f"ws://{LOOPBACK}:{mortal.port}/ws/"
    async with websockets.connect(url) as first, websockets.connect(url) as second:
        mortal.process.send_signal(signal.SIGTERM)
        for connection in (first, second):
            with pytest.raises(websockets.ConnectionClosed) as closed:
                await asyncio.wait_for(connection.recv(), 5)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
    await asyncio.to_thread(eventually, lambda: mortal.running.exit_code is not None)


def _answer(connection: socket.socket) -> bytes:
    """Read one answer to its end, in however many pieces it comes."""
    received = b""
    while not received.endswith(b"hello") and (piece := connection.recv(65_536)):
        received += piece
    return received


def _accepts(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True
