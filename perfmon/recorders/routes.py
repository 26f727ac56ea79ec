"""What an outgoing call is counted under: its host, and the class of its route.

Addresses hold secrets: credentials, query strings, but also tokens in the path (a webhook's address is its password).
So of a path only segments that are plain words or versions are kept, at most four; the rest is ``*``.
"""

from __future__ import annotations

import re
from functools import lru_cache

from perfmon.series import OVERFLOW_KEY

MAX_HOSTS = 50  # of one process; calls of hosts that come later share one series
MAX_ROUTES = 20  # of one host
MAX_SEGMENTS = 4
_HOST = re.compile(r"[a-z0-9_][a-z0-9_.-]{0,79}|[0-9a-f:.]{2,45}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z]*(?:[-_.][a-z]+)*|v\d{1,2}(?:\.\d)?(?:alpha|beta)?\d?", re.ASCII)
_MAX_WORD_CHARS = 24

_admitted: dict[str, set[str]] = {}


def admitted(host: str, method: str, path: str) -> str:
    """Return the key of a call: ``api.example.org POST /v1/chat/completions``, or a shared one past the limits."""
    host = host.lower().strip("[]")
    host = host if _HOST.fullmatch(host) else OVERFLOW_KEY
    if host not in _admitted and len(_admitted) >= MAX_HOSTS:
        host = OVERFLOW_KEY
    known = _admitted.setdefault(host, set())
    route = f"{method if method.isalpha() and len(method) <= 8 else 'OTHER'} {route_class(path)}"
    if route not in known:
        if len(known) >= MAX_ROUTES:
            return f"{host} {OVERFLOW_KEY}"
        known.add(route)
    return f"{host} {route}"


@lru_cache(maxsize=1024)
def route_class(path: str) -> str:
    """Return what a path has in common with others: ``/users/8f3/posts?page=2`` is ``/users/*/posts``."""
    segments = path.partition("?")[0].partition("#")[0].strip("/").split("/")
    kept = [_plain(segment) for segment in segments[:MAX_SEGMENTS]]
    return "/" + "/".join([*kept, "…"] if len(segments) > MAX_SEGMENTS else kept)


def forget_routes() -> None:
    """Begin again with no host known."""
    _admitted.clear()


def _plain(segment: str) -> str:
    return segment if not segment or (len(segment) <= _MAX_WORD_CHARS and _WORD.fullmatch(segment)) else "*"
