"""Plotly.js for the browser, straight from the installed ``plotly`` package: compressed once, cached for good."""

from __future__ import annotations

import gzip
import importlib.metadata
import importlib.util
import re
from functools import lru_cache
from pathlib import Path

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

PACKAGE = "plotly"
GZIP_LEVEL = 6  # 0.1 s once; level 9 saves 0.2 % more
_STYLE_ID = re.compile(rb'getElementById\("([0-9a-f]{64})"\)')
IMMUTABLE = "public, max-age=31536000, immutable"


@lru_cache(maxsize=1)
def plotly_version() -> str:
    """Return the installed package's version, empty when there is none: then the page keeps its drawn charts."""
    try:
        return importlib.metadata.version(PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def plotly_style_ids() -> tuple[str, ...]:
    """Return the ids the bundle looks for before it adds a style sheet of a map library to the page.

    An element with such an id keeps it from doing so, which the content security policy would refuse. The ids are
    digests that change with the version.
    """
    return tuple(sorted({found.decode() for found in _STYLE_ID.findall(gzip.decompress(_compressed()))}))


@lru_cache(maxsize=1)
def _compressed() -> bytes:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise Http404
    script = Path(spec.origin).parent / "package_data" / "plotly.min.js"
    return gzip.compress(script.read_bytes(), GZIP_LEVEL, mtime=0)


@require_safe
def plotly_js(request: HttpRequest, version: str) -> HttpResponse:
    """Serve the script under its version's name, so that it may be kept for good; another version is 404."""
    if version != plotly_version():
        raise Http404
    etag = f'"plotly-{version}"'
    if request.headers.get("If-None-Match") == etag:
        response: HttpResponse = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        response = HttpResponse(_compressed(), content_type="text/javascript; charset=utf-8")
        response["Content-Encoding"] = "gzip"
    else:
        response = HttpResponse(gzip.decompress(_compressed()), content_type="text/javascript; charset=utf-8")
    response["ETag"] = etag
    response["Cache-Control"] = IMMUTABLE
    response["Vary"] = "Accept-Encoding"
    return response
