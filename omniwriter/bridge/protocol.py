"""uvicorn's HTTP protocol, patient with requests and not with silence: pass ``PatientProtocol`` to ``--http``.

uvicorn closes an idle connection the moment it is told to stop, and a busy one after an answer that may have begun
without saying that it is the last. A request already on its way would find the door shut, and under load there always
is one. Here such a connection stays open for ``LINGER_S`` more, and the answer to what comes in that time tells the
client that no other will follow.

uvicorn waits for ever for the rest of a request's head; here it has ``HEAD_S``.

An answer kept in memory is sent again and again, and uvicorn would look at each of its headers each time, a quarter of
what the answer costs. ``send_ready`` in the request's scope writes one that was encoded before.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from functools import lru_cache
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_S = 0.3
HEAD_S = 20.0
READY = "send_ready"  # in the scope

Scope = dict[str, Any]


class PatientProtocol(HttpToolsProtocol):
    """One client's connection."""

    stopping = False
    _head_timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin a connection."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End a connection."""
        self._head_is_here()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Begin a request's head."""
        super().on_message_begin()
        self._head_is_here()
        self._wait_for_head()

    def shutdown(self) -> None:
        """Let the answer that has not begun be the last; without one, wait a moment for it."""
        self.stopping = True
        if self._is_idle():
            self.loop.call_later(LINGER_S, self._close_if_idle)
        elif not self.cycle.response_started:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        """Begin a request."""
        self._head_is_here()
        super().on_headers_complete()
        if self.cycle is not None:
            cast("Scope", self.scope)[READY] = self.send_ready
            if self.stopping:
                self.cycle.keep_alive = False

    def send_ready(self, scope: Scope, status_line: bytes, headers: bytes, body: bytes) -> bool:
        """Write a whole answer in one step, with the server's own headers; False when uvicorn has to send it its way.

        ``headers`` are encoded, with the empty line that ends them. The caller vouches for them and for the length.
        """
        cycle = self.cycle
        if cycle.scope is not scope or not cycle.keep_alive or cycle.disconnected:  # a later request is here already
            return False
        if self.flow.write_paused or self.access_log:
            return False
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        self.transport.writelines([status_line, _encoded(tuple(cycle.default_headers)), headers, body])
        cycle.message_event.set()
        cycle.on_response()
        return True

    def on_response_complete(self) -> None:
        """End a request."""
        super().on_response_complete()
        if self.stopping:
            self.loop.call_later(LINGER_S, self._close_if_idle)

    def handle_websocket_upgrade(self) -> None:
        """Open a websocket, unless it would be closed at once."""
        if self.stopping:
            self.transport.close()
        else:
            super().handle_websocket_upgrade()

    def _wait_for_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self._close_if_idle)

    def _head_is_here(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()


@lru_cache(maxsize=2)
def _encoded(headers: tuple[tuple[bytes, bytes], ...]) -> bytes:
    """Return the server's own headers, which change once a second."""
    return b"".join(b"%b: %b\r\n" % pair for pair in headers)
