"""One user's connection to the server, and answers read from it whole.

It is our own because libraries' clients send a request again by themselves when a kept connection was closed, and then
the server counts two where we count one.
"""

from __future__ import annotations

import select
import socket as plain_socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import gevent.socket
import gevent.ssl
from gevent import monkey
from geventhttpclient.response import HTTPParseError, HTTPResponse

from perfmon.loadtest.generator.protocol import PlanError

READ_BYTES = 65_536
#: A connection idle for longer is not used again. Servers close theirs after 2 s (gunicorn) or 5 s (uvicorn), and a
#: request that is on its way at that moment is lost.
KEPT_IDLE_NS = 1_900_000_000
_poll = monkey.get_original("select", "poll")


class CutOffError(Exception):
    """The connection ended before the answer did."""


class Address:
    """Where requests go: resolved once, so that no request waits for a name server."""

    def __init__(self, host: str) -> None:
        parts = urlsplit(host)
        self.netloc = parts.netloc
        self._name = parts.hostname or ""
        self._tls = gevent.ssl.create_default_context() if parts.scheme == "https" else None
        try:
            port = parts.port or (443 if self._tls else 80)
            self._places = gevent.socket.getaddrinfo(self._name, port, type=plain_socket.SOCK_STREAM)
        except (OSError, ValueError) as error:
            raise PlanError(f"The plan's host {host} can't be found: {error}.", "host") from error

    def connect(self, prepare: Callable[[Any], None] | None = None) -> Any:
        """Return a new connected socket; raises OSError when none of the places takes it.

        ``prepare`` is given the socket before it is connected, to set what must be known by then.
        """
        for number, (family, kind, proto, _, place) in enumerate(self._places, 1):
            connection = gevent.socket.socket(family, kind, proto)
            try:
                if prepare is not None:
                    prepare(connection)
                connection.connect(place)
                connection.setsockopt(plain_socket.IPPROTO_TCP, plain_socket.TCP_NODELAY, 1)
                return self._tls.wrap_socket(connection, server_hostname=self._name) if self._tls else connection
            except OSError:
                connection.close()
                if number == len(self._places):
                    raise
            except BaseException:
                connection.close()
                raise
        raise OSError("no place to connect to")


class Answer(HTTPResponse):
    """An answer as it comes in; the body is counted and not kept."""

    body_bytes = 0

    @property
    def whole(self) -> bool:
        """Whether head and body are here; an interim answer (1xx) is none."""
        return self.message_complete and self.get_code() >= 200

    def ends(self) -> bool:
        """Tell it that the connection has ended; returns whether that was its end, too, as no length was told."""
        try:
            self.feed(b"")
        except HTTPParseError:
            return False
        return self.whole

    def _on_body(self, part: bytearray) -> None:
        self.body_bytes += len(part)


class Connection:
    """Kept open between requests as long as the server wants it; one request at a time."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._socket: Any = None
        self._idle_since_ns = 0

    def open(self) -> None:
        """Connect, unless a connection stands; raises OSError."""
        if self._socket is not None and self._is_stale():
            self.close()
        if self._socket is None:
            self._socket = self._address.connect()

    def ask(self, request: bytes, answer: Answer) -> None:
        """Send a request and read its answer whole.

        Raises OSError, CutOffError, and HTTPParseError for what is no HTTP; the connection is then to be closed.
        """
        self._socket.sendall(request)
        while not answer.whole:
            if received := self._socket.recv(READ_BYTES):
                answer.feed(received)
            elif not answer.ends():
                raise CutOffError
        self._idle_since_ns = time.monotonic_ns()
        if answer.should_close():
            self.close()

    def close(self) -> None:
        """Let the connection go."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _is_stale(self) -> bool:
        idle_ns = time.monotonic_ns() - self._idle_since_ns
        return idle_ns > KEPT_IDLE_NS or _readable(
            self._socket
        )  # readable with nothing asked: the server has closed it


def _readable(connection: Any) -> bool:
    poll = _poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
