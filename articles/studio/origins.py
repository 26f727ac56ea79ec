"""Whether a websocket is opened by a page of this site: a browser sends the site's cookies along from any page."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_HOSTS_IN_DEBUG = (".localhost", "127.0.0.1", "[::1]")


def is_own_page(headers: Mapping[bytes, bytes]) -> bool:
    """Whether Origin names the host that was asked for, or another of the site's hosts."""
    try:
        origin = urlsplit(_text(headers, b"origin"))
    except ValueError:
        return False
    if origin.scheme not in _DEFAULT_PORTS or not origin.netloc:
        return False
    default_port = _DEFAULT_PORTS[origin.scheme]
    netloc = origin.netloc.lower().removesuffix(default_port)
    if netloc == _text(headers, b"host").lower().removesuffix(default_port):
        return True
    domain, _port = split_domain_port(netloc)
    return validate_host(domain, _own_hosts())


def _own_hosts() -> list[str]:
    # "*" says that any Host header is served, not that any site may look in.
    allowed = [host for host in settings.ALLOWED_HOSTS if host != "*"]
    return [*allowed, *_HOSTS_IN_DEBUG] if settings.DEBUG and not settings.ALLOWED_HOSTS else allowed


def _text(headers: Mapping[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")
