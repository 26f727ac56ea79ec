"""An answer as it is kept: made of what Django sent, or refused, and ready to be sent again as it is."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.utils.http import parse_http_date_safe

Message = dict[str, Any]
RawHeaders = list[tuple[bytes, bytes]]

MAX_BODY_BYTES = 256 * 1024
OVERHEAD_BYTES = 4_096  # of the objects around a body, about
SOURCES = frozenset({b"hit", b"miss", b"stale"})  # in X-Cache: made by cache_api_response, and kept there as well
VARYING = frozenset({b"accept-language", b"accept-encoding"})  # their raw values tell an address's answers apart
COOKIE = b"cookie"
PRIVATE = frozenset({b"private", b"no-store"})
#: An answer with one of these is one caller's, or not whole.
REFUSED = frozenset({b"set-cookie", b"content-range", b"transfer-encoding", b"www-authenticate"})
#: What is true of one request only; the server adds a date of its own.
DROPPED = frozenset({b"server-timing", b"date", b"connection", b"age", b"x-cache"})
DROPPED_PREFIX = b"ratelimit-"
OF_BODY = frozenset({b"content-length", b"content-type", b"content-encoding", b"content-language"})
HIT = (b"x-cache", b"hit")


class Prepared:
    """An answer ready to be sent: as the two messages of ASGI, and encoded for a server that takes it so."""

    __slots__ = ("body", "head", "headers", "message", "status_line")

    def __init__(self, status: int, headers: RawHeaders, body: bytes) -> None:
        self.head: Message = {"type": "http.response.start", "status": status, "headers": headers}
        self.message: Message = {"type": "http.response.body", "body": body}
        self.status_line = b"HTTP/1.1 %d %b\r\n" % (status, HTTPStatus(status).phrase.encode())
        self.headers = b"".join(b"%b: %b\r\n" % pair for pair in headers) + b"\r\n"
        self.body = body

    def with_header(self, name: bytes, value: bytes) -> Prepared:
        """Return it with one header more."""
        return Prepared(self.head["status"], [*self.head["headers"], (name, value)], self.body)


class Kept:
    """An answer in memory. Times are of ``perf_counter_ns``."""

    __slots__ = (
        "body", "cookieless", "etag", "group", "headers", "modified_at", "names", "renew_ns", "renewing", "route",
        "size_bytes", "unmodified", "until_ns", "used_ns", "vary", "whole",
    )  # fmt: skip

    def __init__(self, headers: RawHeaders, told: Mapping[bytes, bytes], vary: frozenset[bytes], body: bytes) -> None:
        self.headers, self.body = [*headers, HIT], body
        self.whole = Prepared(200, self.headers, body)
        self.unmodified = Prepared(304, self.without_body(), b"")
        self.names = frozenset(told[b"surrogate-key"].decode("latin-1").split())
        self.cookieless = COOKIE in vary
        self.vary = tuple(sorted(vary & VARYING))
        self.etag = told.get(b"etag")
        modified = told.get(b"last-modified")
        self.modified_at = parse_http_date_safe(modified.decode("latin-1")) if modified else None
        self.size_bytes = OVERHEAD_BYTES + len(body) + sum(len(name) + len(value) for name, value in headers)
        self.until_ns = self.renew_ns = self.used_ns = 0
        self.renewing = False
        self.group: str | None = None
        self.route: str | None = None

    def without_body(self) -> RawHeaders:
        """Return the headers that tell of the resource and not of its bytes."""
        return [pair for pair in self.headers if pair[0] not in OF_BODY]


def kept_answer(status: int, headers: RawHeaders, body: bytes) -> Kept | None:
    """Return an answer as it is kept; None for one that may not be.

    Only what ``cache_api_response`` made and keeps itself, with its namespaces; public, whole and not too large; and
    dependent on nothing but headers that we know.
    """
    told = dict(headers)
    if status != 200 or len(body) > MAX_BODY_BYTES or len(told) != len(headers) or not REFUSED.isdisjoint(told):
        return None
    if told.get(b"x-cache") not in SOURCES or b"surrogate-key" not in told:
        return None
    control = {word.partition(b"=")[0] for word in words_of(told.get(b"cache-control", b""))}
    if b"public" not in control or control & PRIVATE:
        return None
    vary = frozenset(words_of(told.get(b"vary", b"")))
    if not vary <= VARYING | {COOKIE} or told.get(b"content-length") != b"%d" % len(body):
        return None
    kept = [pair for pair in headers if pair[0] not in DROPPED and not pair[0].startswith(DROPPED_PREFIX)]
    return Kept(kept, told, vary, body)


def words_of(value: bytes) -> list[bytes]:
    """Return the items of a header's list, in small letters."""
    return [word for part in value.lower().split(b",") if (word := part.strip())]
