"""A websocket as a piece of work: it sees what its session commits, before it was opened and while it is open."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

from django.conf import settings

from omniwriter.replicas import pins
from omniwriter.replicas.marks import owner_of
from omniwriter.replicas.middleware import cookie_place
from omniwriter.replicas.servers import replica_aliases


class PinnedSockets:
    """ASGI middleware around all that reads a websocket's session."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket within a work of its own."""
        if not replica_aliases():
            await self._app(scope, receive, send)
            return
        with pins.working(_work_of(dict(scope["headers"]))):
            await self._app(scope, receive, send)


def _work_of(headers: dict[bytes, bytes]) -> pins.Work:
    cookies = _cookies(headers.get(b"cookie", b"").decode("latin-1"))
    token = headers.get(b"authorization", b"").decode("latin-1")
    session = cookies.get(settings.SESSION_COOKIE_NAME, "")
    owner = owner_of("token", token) if token else owner_of("session", session) if session else ""
    return pins.Work(needs=cookie_place(cookies), owner=owner, follows=bool(owner))


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
