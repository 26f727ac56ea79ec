"""Who may open the websocket: from our own pages with a login, or a program with a scoped token."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from channels.auth import get_user
from channels.db import database_sync_to_async
from django.conf import settings

from perfmon.access import may_view
from perfmon.live.protocol import CloseCode
from perfmon.tokens import bearer, token_authenticate

SCOPE = "live:read"


class Caller(NamedTuple):
    """What a connection presented: its token, or the key of its session."""

    raw_token: str = ""
    session_key: str = ""


def caller_of(scope: dict[str, Any]) -> Caller:
    """Read the connection's credentials."""
    raw_token = bearer(_header(scope, b"authorization"))
    session = scope.get("session")
    return Caller(raw_token, "" if raw_token or session is None else (session.session_key or ""))


def origin_allowed(scope: dict[str, Any]) -> bool:
    """Tell whether the page that opens the socket is ours; only programs with a token come without an Origin."""
    origin = _header(scope, b"origin")
    if not origin:
        return bool(bearer(_header(scope, b"authorization")))
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return False
    return parts.netloc.lower() == _header(scope, b"host").lower() or origin in settings.CSRF_TRUSTED_ORIGINS


async def refusal(caller: Caller) -> CloseCode | None:
    """Return why the caller may not watch, as things stand in the database now, or None when it may."""
    if caller.raw_token:
        token = await database_sync_to_async(token_authenticate)(raw=caller.raw_token, scope=SCOPE)
        return None if token is not None else CloseCode.LOG_IN
    if not caller.session_key:
        return CloseCode.LOG_IN
    store = import_module(settings.SESSION_ENGINE).SessionStore
    user = await get_user({"session": store(caller.session_key)})
    if not user.is_authenticated:
        return CloseCode.LOG_IN
    return None if await database_sync_to_async(may_view)(user) else CloseCode.NOT_ALLOWED


def _header(scope: dict[str, Any], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
