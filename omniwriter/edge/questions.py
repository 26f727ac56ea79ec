"""What a request asks for, in a form that two requests share only when Django would give both the same answer.

The key has everything Django makes of the address: scheme, host, the path's own bytes, the parameters, and the headers
of proxies that the settings tell it to trust. What else an answer depends on it must name in ``Vary``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings

from omniwriter.cache.parameters import kept_parameters

Scope = dict[str, Any]
Headers = dict[bytes, bytes]
Key = tuple[Any, ...]

METHODS = frozenset({"GET", "HEAD"})
#: Who sends one of these is somebody, sends something, or asks what only Django answers.
PASSED_BY = frozenset(
    {
        *(b"authorization", b"content-length", b"transfer-encoding", b"expect", b"upgrade"),
        *(b"if-match", b"if-unmodified-since"),
    }
)
CONDITIONS = frozenset({b"if-none-match", b"if-modified-since", b"range"})
FRESH_ONLY = (b"no-cache", b"no-store")  # what a reader's Cache-Control asks for who reloads past all caches


class Question(NamedTuple):
    """A request that an answer kept in memory may serve."""

    key: Key
    headers: Headers
    method: str

    @property
    def is_plain(self) -> bool:
        """Whether Django's answer to it would be the whole one, which can be kept."""
        return self.method == "GET" and CONDITIONS.isdisjoint(self.headers)


class Questions:
    """Reads requests; the settings are read once."""

    def __init__(self) -> None:
        names = (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME)
        self._cookies = tuple(name.encode() for name in names)
        self._trusted = tuple(_trusted_headers())

    def read(self, scope: Scope) -> Question | None:
        """Return what a request asks for; None for one that must be Django's.

        A header given twice is Django's to make sense of. A cookie's name anywhere in the header counts: cookies are
        written in more ways than one.
        """
        method = scope["method"]
        pairs = scope["headers"]
        headers = dict(pairs)
        if method not in METHODS or len(headers) != len(pairs) or not PASSED_BY.isdisjoint(headers):
            return None
        cookie = headers.get(b"cookie")
        if cookie is not None and any(name in cookie for name in self._cookies):
            return None
        wanted = headers.get(b"cache-control")
        if wanted is not None and any(word in wanted.lower() for word in FRESH_ONLY):
            return None
        query = scope["query_string"]
        parameters = kept_parameters(query) if query else ()
        path = scope.get("raw_path")
        host = headers.get(b"host")
        if parameters is None or not path or host is None:
            return None
        key: Key = (scope["scheme"], host, path, parameters)
        if self._trusted:
            key += tuple(map(headers.get, self._trusted))
        return Question(key, headers, method)


def _trusted_headers() -> list[bytes]:
    """Return the headers that the settings tell Django to believe about the address."""
    names = []
    if settings.SECURE_PROXY_SSL_HEADER:
        names.append(settings.SECURE_PROXY_SSL_HEADER[0].removeprefix("HTTP_"))
    if settings.USE_X_FORWARDED_HOST:
        names.append("X_FORWARDED_HOST")
    if settings.USE_X_FORWARDED_PORT:
        names.append("X_FORWARDED_PORT")
    return [name.replace("_", "-").lower().encode() for name in names]
