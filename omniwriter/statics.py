"""Static files: served before Django is entered, collected with names that carry their digest, compressed in a second.

``manage.py up`` collects them and sets ``OMNI_STATIC_COLLECTED``; without it (``runserver``, tests) each file is looked
up where it stands, so an edit shows at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from posixpath import normpath
from typing import Any

import brotli
from django.conf import settings
from django.contrib.staticfiles import finders
from servestatic.asgi import ServeStaticASGI
from servestatic.compress import Compressor
from servestatic.storage import CompressedManifestStaticFilesStorage

MAX_BROTLI_BYTES = 65_536  # quality 11 takes 1 s per 300 KB, quality 5 a fiftieth of it for a tenth more bytes
HEADERS = {"X-Content-Type-Options": "nosniff"}


def _add_headers(headers: Any, path: str, url: str) -> None:
    for name, value in HEADERS.items():
        headers[name] = value


ANSWERS = {"allow_all_origins": False, "add_headers_function": _add_headers}


class _QuickCompressor(Compressor):
    @staticmethod
    def compress_brotli(data: bytes) -> bytes:
        return brotli.compress(data, quality=11 if len(data) <= MAX_BROTLI_BYTES else 5)  # type: ignore[no-any-return]


class HashedStorage(CompressedManifestStaticFilesStorage):
    """Names files by their digest and writes gzip and brotli variants without long waits."""

    support_js_module_import_aggregation = True

    def create_compressor(self, **kwargs: Any) -> Compressor:
        """Return the compressor for one round of collecting."""
        return _QuickCompressor(**kwargs)


class StaticApp(ServeStaticASGI):
    """An ASGI application that answers for static files and passes everything else on."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a static file; hand over anything that can't be one without looking it up."""
        if scope["type"] == "http" and scope["path"].startswith(settings.STATIC_URL):
            await super().__call__(scope, receive, send)
        else:
            await self.application(scope, receive, send)

    def candidate_paths_for_url(self, url: str) -> Iterator[str]:
        """Yield where the file of a URL may stand; asked only for files that are not collected."""
        prefix = str(settings.STATIC_URL)
        if url.startswith(prefix):
            found = finders.find(normpath(url[len(prefix) :]).lstrip("/"))
            if found:
                yield found


def static_app(application: Any) -> StaticApp:
    """Return ``application`` with static files in front of it."""
    if not settings.STATIC_COLLECTED:
        return StaticApp(application, autorefresh=True, max_age=0, **ANSWERS)
    return StaticApp(
        application,
        root=settings.STATIC_ROOT,
        prefix=settings.STATIC_URL,
        max_age=3600,
        **ANSWERS,
    )
