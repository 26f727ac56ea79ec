"""Servers of a few lines on plain sockets: they answer as a test says, also wrongly, slowly or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from perfmon.budgets import Budgets
from perfmon.perftest.addresses import Address
from perfmon.perftest.processes import ServerProcesses
from perfmon.perftest.subjects import Extent, Subject

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
Answering = Callable[[socket.socket, str, int], None]


class Served:
    """Gives each connection a thread, and ``answering`` each request: its socket, its route and its number."""

    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._lock = threading.Lock()
        self.connections = self.requests = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = Address("http", "127.0.0.1", self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        """End all connections and threads."""
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for one in (self._listener, *self._open):
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(threading.Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            while request := connection.recv(65_536):
                with self._lock:
                    number = self.requests
                    self.requests += 1
                self._answering(connection, request.split(b" ")[1].decode(), number)


@pytest.fixture
def serve() -> Iterator[Callable[[Answering], Served]]:
    """Start such a server; it ends with the test."""
    servers: list[Served] = []

    def start(answering: Answering) -> Served:
        servers.append(Served(answering))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def subject_of() -> Callable[..., Subject]:
    """Make a subject of a server, with little of everything unless the test says otherwise."""

    def make(server: Served, *, budgets: Budgets | None = None, **extent: object) -> Subject:
        little = {"time_requests": 40, "time_warm_up": 2, "at_once": 8, "volleys": 2, "timeout_s": 5.0}
        return Subject(
            server.address, budgets or Budgets(), lambda: ServerProcesses([]), Extent(**{**little, **extent})
        )

    return make


def answer_ok(connection: socket.socket, route: str, number: int) -> None:
    """Answer 200."""
    connection.sendall(OK)


@pytest.fixture
def ok() -> Answering:
    """What answers 200 to everything."""
    return answer_ok
