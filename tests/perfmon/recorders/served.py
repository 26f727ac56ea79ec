"""A real HTTP server in a thread that answers as the path says."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    """``/status/404`` answers 404; ``/slow/`` after 50 ms; ``/cut/`` breaks off; anything else is 200."""

    protocol_version = "HTTP/1.1"
    pause = threading.Event()

    def do_GET(self) -> None:
        """Answer."""
        first, _slash, rest = self.path.partition("?")[0].removeprefix("/").partition("/")
        if first == "cut":
            self.close_connection = True
            return
        if first == "slow":
            self.pause.wait(0.05)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(int(rest) if first == "status" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def do_POST(self) -> None:
        """Answer."""
        self.do_GET()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[int]:
    """Serve on a free port of this machine; yields the port."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
