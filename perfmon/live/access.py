"""Who may open a socket, asked when it opens and again while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user, get_user_model
from django.http import HttpRequest
from django.http.request import split_domain_port, validate_host

from perfmon.access import may_view
from perfmon.live.protocol import CLOSE_LOG_IN, CLOSE_NOT_ALLOWED
from perfmon.tokens import token_authenticate

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

SCOPE = "live:read"
OK = 0
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HOSTS_IN_DEBUG = (".localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Credential:
    """What a socket was opened with: a session's key, a program's raw token, or the user another middleware found."""

    kind: str
    value: str = field(repr=False)


def standing(credential: Credential) -> int:
    """Return ``OK`` or the code to close with; reads the database."""
    if credential.kind == "token":
        return OK if token_authenticate(raw=credential.value, scope=SCOPE) else CLOSE_LOG_IN
    if credential.kind == "session":
        return standing_of(_session_user(credential.value))
    return standing_of(get_user_model()._default_manager.filter(pk=credential.value).first())  # noqa: SLF001


def standing_of(user: AbstractBaseUser | AnonymousUser | None) -> int:
    """Return ``OK`` or the code to close with."""
    if user is None or not user.is_authenticated or not user.is_active:
        return CLOSE_LOG_IN
    return OK if may_view(user) else CLOSE_NOT_ALLOWED


def credential_of(scope: Mapping[str, Any]) -> Credential:
    """Return what to ask about again later: the session if there is one, else the user."""
    key = getattr(scope.get("session"), "session_key", None)
    return Credential("session", key) if key else Credential("user", str(scope["user"].pk))


def origin_allowed(headers: Mapping[bytes, bytes]) -> bool:
    """Tell whether the page that opens the socket is this site's own: browsers send its cookies from any page."""
    origin = urlsplit(_text(headers, b"origin"))
    if origin.scheme not in _DEFAULT_PORTS or not origin.netloc:
        return False
    default_port = _DEFAULT_PORTS[origin.scheme]
    netloc = origin.netloc.lower().removesuffix(default_port)
    if netloc == _text(headers, b"host").lower().removesuffix(default_port):
        return True
    domain, _ = split_domain_port(netloc)
    return validate_host(domain, _own_hosts())


def _own_hosts() -> list[str]:
    # "*" says that any Host header is served, not that any site may read the dashboard.
    allowed = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    return [*allowed, *_HOSTS_IN_DEBUG] if settings.DEBUG and not settings.ALLOWED_HOSTS else allowed


def _session_user(key: str) -> AbstractBaseUser | AnonymousUser:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return get_user(request)


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")
