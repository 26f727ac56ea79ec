"""Requests to an ASGI application without a server, and their answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """A request; ``path`` as it stands on the wire, with its query."""

    path: str
    headers: Pairs = field(default_factory=list)
    method: str = "GET"
    host: str | None = "testserver"
    scheme: str = "http"

    def scope(self) -> dict[str, Any]:
        """Return it as uvicorn would hand it over."""
        path, _, query = self.path.partition("?")
        host = [] if self.host is None else [("host", self.host)]
        return {
            "type": "http", "method": self.method, "scheme": self.scheme, "http_version": "1.1", "root_path": "",
            "path": unquote(path), "raw_path": path.encode(), "query_string": query.encode(),
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in [*host, *self.headers]],
            "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 80),
        }  # fmt: skip


@dataclass(frozen=True)
class Answered:
    """An answer."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(app: Any, asked: Asked) -> Answered:
    """Ask an application and return its answer."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(asked.scope(), receive, send)
    head, *pieces = sent
    headers = {name.decode(): value.decode("latin-1") for name, value in head["headers"]}
    return Answered(head["status"], headers, b"".join(piece.get("body", b"") for piece in pieces))


class Origin:
    """An application that says how often it was asked; its answers are ready to be kept unless told otherwise.

    ``headers`` replace or add; None takes one away.
    """

    def __init__(self, body: bytes = b"0123456789", status: int = 200, **headers: str | None) -> None:
        self.body, self.status, self.asked = body, status, 0
        self.pieces = 1
        self.headers: dict[str, str | None] = {
            "content-type": "text/plain", "cache-control": "public, max-age=30", "etag": '"one"', "x-cache": "hit",
            "surrogate-key": "articles names", "content-length": str(len(body)),
        }  # fmt: skip
        self.headers |= {name.replace("_", "-"): value for name, value in headers.items()}

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Answer."""
        self.asked += 1
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items() if value is not None]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        step = -(-len(self.body) // self.pieces) or 1
        for at in range(0, max(1, len(self.body)), step):
            more = at + step < len(self.body)
            await send({"type": "http.response.body", "body": self.body[at : at + step], "more_body": more})
