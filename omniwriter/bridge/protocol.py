"""uvicorn's HTTP protocol with a stop that loses no request (``--http omniwriter.bridge.protocol:PatientProtocol``).

uvicorn closes an idle connection the moment it is told to stop, and a busy one after an answer that may have begun
without saying that it is the last. A request already on its way would find the door shut, and under load there always
is one. Here such a connection stays open for ``LINGER_S`` more, and the answer to what comes in that time tells the
client that no other will follow.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_S = 0.3


class PatientProtocol(HttpToolsProtocol):
    """One client's connection."""

    stopping = False

    def shutdown(self) -> None:
        """Let the answer that has not begun be the last; without one, wait a moment for it."""
        self.stopping = True
        if self._is_idle():
            self.loop.call_later(LINGER_S, self._close_if_idle)
        elif not self.cycle.response_started:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        """Begin a request."""
        super().on_headers_complete()
        if self.stopping and self.cycle is not None:
            self.cycle.keep_alive = False

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

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._is_idle() and not self.transport.is_closing():
            self.transport.close()
