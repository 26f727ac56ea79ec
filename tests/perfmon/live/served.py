"""A page and the live websocket on a real uvicorn in a thread, with topics of the test's own."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import perfmon
from perfmon.live.bus import LocalBus
from perfmon.live.consumers import LiveConsumer
from perfmon.live.hub import Hub
from tests.fixtures.serving import serving_here
from tests.perfmon.live.conftest import Topics

STATIC = Path(perfmon.__file__).parent / "static" / "perfmon"
PAGE = b"""<!doctype html><title>live</title><body><script type="module" src="/page.js"></script>"""
SCRIPT = b"""
import { connect } from "/live.js";
window.states = [];
window.heard = [];
const note = (kind) => (topic, data, seq) => window.heard.push([kind, data, seq]);
window.live = connect({
  url: "/ws/perfmon/", pollUrl: "/poll", topics: ["overview/5m"],
  onSnapshot: note("snapshot"), onFrame: note("frame"), onState: (name) => window.states.push(name),
});
"""


class Viewer:
    """Somebody who may see the dashboard, without a database."""

    pk = 1
    is_authenticated = is_active = is_staff = True


class Served:
    """The server and what the test changes while it runs."""

    def __init__(self, topics: Topics) -> None:
        self.bus = LocalBus()
        self.user: Any = Viewer()
        self.websockets = True
        self.polls: list[dict[bytes, bytes]] = []
        self.hub: Hub | None = None
        self._topics = topics
        self._live = LiveConsumer.as_asgi(hub=self._get_hub)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]

    def _get_hub(self) -> Hub:
        self.hub = self.hub or Hub(self.bus, self._topics.build)
        return self.hub

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve the page, its scripts, the polled payload and the websocket."""
        if scope["type"] == "websocket":
            if not self.websockets:
                await receive()
                await send({"type": "websocket.close"})
                return
            await self._live({**scope, "user": self.user}, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, send)

    async def _http(self, scope: Any, send: Any) -> None:
        status, kind, body, headers = 200, b"text/javascript", b"", []
        if scope["path"] == "/":
            kind, body = b"text/html", PAGE
        elif scope["path"] == "/page.js":
            body = SCRIPT
        elif scope["path"] == "/poll":
            self.polls.append(dict(scope["headers"]))
            kind, body, headers = b"application/json", b'"polled"', [(b"etag", b'"1"')]
            status = 304 if self.polls[-1].get(b"if-none-match") == b'"1"' else 200
        elif scope["path"] in ("/live.js", "/polling.js"):
            body = (STATIC / scope["path"][1:]).read_bytes()
        else:
            status = 404
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), *headers]})
        await send({"type": "http.response.body", "body": body if status == 200 else b""})

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve until the block ends; then the port keeps listening for the next time."""
        self.hub = None
        with serving_here(self, self.listener.dup(), ws="websockets-sansio", lifespan="off"):
            yield
