"""What every good answer has: its bytes, a strong tag of them, and who may keep it."""

from __future__ import annotations

import hashlib
from typing import Any, NamedTuple

import orjson
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from omniwriter.cache import cacheable

CONTENT_TYPE = "application/json"
PUBLIC_MAX_AGE_S = 30
STALE_S = 60  # while a cache asks for a newer one
PRIVATE = "private, no-store"
_OPTIONS = orjson.OPT_UTC_Z
_KEPT_ON_304 = ("Cache-Control", "Content-Location", "ETag", "Vary")


@cacheable
class Written(NamedTuple):
    """A document as it is sent."""

    content: bytes
    etag: str


def encoded(body: Any) -> bytes:
    """Return a document as bytes: UTF-8, dates in UTC."""
    return orjson.dumps(body, option=_OPTIONS)


def etag_of(content: bytes, version: int | None = None) -> str:
    """Return a strong tag: the digest of the bytes, after the article's version when there is one to tell."""
    digest = hashlib.sha256(content).hexdigest()[:20]
    return f'"{digest}"' if version is None else f'"v{version}-{digest}"'


def public_answer(request: HttpRequest, body: Any) -> HttpResponse:
    """Answer what is the same for everybody: any cache may keep it for a moment and ask whether it still holds."""
    return public_written(request, written(body))


def written(body: Any) -> Written:
    """Return a document as it is sent to everybody."""
    content = encoded(body)
    return Written(content, etag_of(content))


def public_written(request: HttpRequest, document: Written) -> HttpResponse:
    """Answer with what is the same for everybody and was written before."""
    response = _answer(*document)
    response["Cache-Control"] = f"public, max-age={PUBLIC_MAX_AGE_S}, stale-while-revalidate={STALE_S}"
    if request.META.get("HTTP_AUTHORIZATION"):
        response["Cache-Control"] = "private, no-cache"
    return _not_modified(request, response)


def private_answer(request: HttpRequest, body: Any, *, version: int | None = None, status: int = 200) -> HttpResponse:
    """Answer what is one caller's business: no cache keeps it."""
    content = encoded(body)
    response = _answer(content, etag_of(content, version), status)
    response["Cache-Control"] = PRIVATE
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return _not_modified(request, response) if status == 200 else response


def _answer(content: bytes, etag: str, status: int = 200) -> HttpResponse:
    response = HttpResponse(content, status=status, content_type=CONTENT_TYPE)
    response["ETag"] = etag
    return response


def _not_modified(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Answer 304 without the body to who has it already."""
    wanted = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    if "*" not in wanted and response["ETag"] not in [tag.removeprefix("W/") for tag in wanted]:
        return response
    bare = HttpResponse(status=304)
    del bare["Content-Type"]
    for name in _KEPT_ON_304:
        if response.has_header(name):
            bare[name] = response[name]
    return bare
