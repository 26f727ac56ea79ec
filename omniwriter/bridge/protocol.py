"""uvicorn's HTTP protocol with a stop that loses no request (``--http omniwriter.bridge.protocol:PatientProtocol``).

uvicorn closes idle connections the moment it is told to stop. A request already on its way on one of them would find
the door shut, and under load there always is one. Here such a connection stays open for ``LINGER_S`` more, and the
answer to what comes in that time says that it is the last.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER_S = 0.3


class PatientProtocol(HttpToolsProtocol):
    """One client's connection."""

    stopping = False

    def shutdown(self) -> None:
        """Let the request at hand be the last; without one, wait a moment for it."""
        self.stopping = True
        if self._is_idle():
            self.loop.call_later(LINGER_S, self._close_if_idle)
        else:
            self.cycle.keep_alive = False

    def on_headers_complete(self) -> None:
        """Begin a request."""
        super().on_headers_complete()
        if self.stopping and self.cycle is not None:
            self.cycle.keep_alive = False

    def handle_websocket_upgrade(self) -> None:
        """Open a websocket, unless it would be closed at once."""
        if self.stopping:
            self.transport.close()
        else:
            super().handle_websocket_upgrade()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _close_if_idle(self) -> None:
        if self._is_idle():
            self.transport.close()
