"""The address of the images' files: only what was made at upload, kept by browsers for a year."""

from __future__ import annotations

import os
from typing import Final

from django.http import FileResponse, HttpRequest, HttpResponseNotFound
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import http_date, quote_etag
from django.views.decorators.http import require_safe

from articles.images.files import folder_of
from articles.images.formats import CONTENT_TYPES

_FOREVER: Final = "public, max-age=31536000, immutable"
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",  # other sites show the social card, feed readers the rest
}


@require_safe
def image_file(request: HttpRequest, digest: str, name: str) -> HttpResponseBase:
    """Send one file. The address's form, checked before this, leaves no room for another folder."""
    path = folder_of(digest) / name
    try:
        file = path.open("rb")
    except OSError:
        return no_image(request)
    stat = os.fstat(file.fileno())
    etag = quote_etag(f"{stat.st_mtime_ns:x}-{stat.st_size:x}")
    response: HttpResponseBase | None = get_conditional_response(request, etag, int(stat.st_mtime))
    if response is None:
        response = FileResponse(file, content_type=CONTENT_TYPES[path.suffix[1:]])
    else:
        file.close()
    response["ETag"], response["Last-Modified"] = etag, http_date(stat.st_mtime)
    response["Cache-Control"] = _FOREVER
    for header, value in _HEADERS.items():
        response[header] = value
    return response


@require_safe
def no_image(request: HttpRequest, address: str = "") -> HttpResponseBase:
    """Answer 404 in a line of text: what asks here is an <img>, not a reader."""
    response = HttpResponseNotFound("There is no such image file.\n", content_type="text/plain; charset=utf-8")
    response["Cache-Control"] = "no-store"
    return response
