"""One connection to a server and the GETs sent over it, each bounded in time as a whole.

Plain sockets: ``http.client`` and httpx are hooked by perfmon's own recorders in a Django process, so a test would turn
up on the dashboard as outgoing calls.
"""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
from collections.abc import Collection
from dataclasses import dataclass
from time import monotonic, perf_counter_ns

from perfmon.exceptions import PerfmonError
from perfmon.perftest.addresses import Address
from perfmon.perftest.answers import Answer, AnswerCutOff, MalformedAnswer

EXPECTED = (200,)
PIECE_BYTES = 65_536
WORDS: dict[type[Exception], str] = {
    TimeoutError: "timed out",
    AnswerCutOff: "connection closed",
    MalformedAnswer: "malformed answer",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request: when it was sent and how long it took, in ns; ``failure`` is empty, a status, or what happened."""

    started_ns: int
    duration_ns: int
    failure: str = ""


class Connection:
    """Sends one request at a time; opened when needed, and again when the server has closed it."""

    def __init__(self, address: Address, *, timeout_s: float, expects: Collection[int] = EXPECTED) -> None:
        self.opened = 0
        self._address, self._timeout_s, self._expects = address, timeout_s, expects
        self.socket: socket.socket | None = None
        self._head = (
            f"Host: {address.authority}\r\nUser-Agent: perfmon-perftest\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n\r\n"
        ).encode("ascii")

    def open(self) -> None:
        """Connect, unless connected; raises OSError."""
        if self.socket is not None and select.select([self.socket], [], [], 0)[0]:
            self.close()  # nothing was asked, so what there is to read is the end of it
        if self.socket is not None:
            return
        found = socket.create_connection((self._address.host, self._address.port), timeout=self._timeout_s)
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._address.scheme == "https":
            found = ssl.create_default_context().wrap_socket(found, server_hostname=self._address.host)
        self.socket = found
        self.opened += 1

    def get(self, route: str) -> Exchange:
        """Ask for a route and read the whole answer; never raises for what the server does."""
        deadline_s = monotonic() + self._timeout_s
        exchange = self.begin(route)
        while exchange is None:
            exchange = self.take(deadline_s)
        return exchange

    def begin(self, route: str) -> Exchange | None:
        """Send the request; return what came of it when that failed."""
        self._started_ns = perf_counter_ns()
        self._answer = Answer()
        try:
            self.open()
            assert self.socket is not None
            self.socket.settimeout(self._timeout_s)
            self.socket.sendall(b"GET %b HTTP/1.1\r\n%b" % (route.encode("ascii"), self._head))
        except OSError as error:
            return self._failed(error)
        return None

    def take(self, deadline_s: float) -> Exchange | None:
        """Wait for bytes of the answer and read them; return the exchange when it has ended, well or not."""
        assert self.socket is not None
        try:
            whole = False
            while not whole:
                self.socket.settimeout(_left_s(deadline_s))
                whole = self._answer.feed(self.socket.recv(PIECE_BYTES))
                if not (isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()):
                    break  # whoever waits for many sockets does not hear of bytes that are decrypted already
        except (OSError, PerfmonError) as error:
            return self._failed(error)
        return self._ended() if whole else None

    def close(self) -> None:
        """Close it; the next request opens another."""
        if self.socket is not None:
            with contextlib.suppress(OSError):
                self.socket.close()
            self.socket = None

    def _ended(self) -> Exchange:
        took_ns = perf_counter_ns() - self._started_ns
        if self._answer.closes:
            self.close()
        status = self._answer.status
        return Exchange(self._started_ns, took_ns, "" if status in self._expects else str(status))

    def _failed(self, error: Exception) -> Exchange:
        took_ns = perf_counter_ns() - self._started_ns
        self.close()
        return Exchange(self._started_ns, took_ns, word_for(error))


def _left_s(deadline_s: float) -> float:
    left_s = deadline_s - monotonic()
    if left_s <= 0:
        raise TimeoutError
    return left_s


def word_for(error: Exception) -> str:
    """Return a few words for what happened, always the same ones, so that they can be counted."""
    for kind, word in WORDS.items():
        if isinstance(error, kind):
            return word
    return str(getattr(error, "strerror", None) or type(error).__name__).lower()
