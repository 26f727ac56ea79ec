"""The service worker: the script at ``/sw.js``, what it keeps from the start, and the page for who is offline."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.enums import Language
from articles.site.pages import active_language, address_in, language_links, set_public
from articles.site.seo import Meta

#: What the pages load; kept when the worker is installed, so that a page shown offline looks as it should.
PRECACHED = (
    "perfmon/tokens.css",
    "omniwriter/site.css",
    "omniwriter/frame.css",
    "omniwriter/lists.css",
    "omniwriter/article.css",
    "omniwriter/prose.css",
    "omniwriter/pictures.css",
    "omniwriter/theme.js",
    "omniwriter/site.js",
    "omniwriter/register.js",
    "omniwriter/view.js",
    "omniwriter/icon.svg",
)
SCRIPT = "omniwriter/worker.js"


@require_safe
def worker_script(request: HttpRequest) -> HttpResponse:
    """The worker's settings and its script; at the root, as a worker controls only what is below its own address."""
    text = f"self.WORKER = {json.dumps(worker_settings())};\nimportScripts(self.WORKER.script);\n"
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Content-Language"] = Language.ENGLISH.value
    return response


@require_safe
def offline_page(request: HttpRequest) -> HttpResponse:
    """What the worker shows when there is no network and no copy; the same for everybody, whoever is logged in."""
    language = active_language()
    here = request.build_absolute_uri(address_in(language, "offline"))
    meta = Meta(title=_("You are offline"), canonical=here, robots="noindex")
    links = language_links(language, lambda code: address_in(code, "offline"))
    response = render(request, "offline.html", {"meta": meta, "language": language, "language_links": links})
    response["Content-Language"] = language
    set_public(response)
    return response


def worker_settings() -> dict[str, Any]:
    """Return what the worker's script reads. ``version`` changes with any file, and names the caches."""
    offline = {code: address_in(code, "offline") for code in Language.values}
    return {
        "version": _collected_version() if settings.STATIC_COLLECTED else _version(),
        "script": staticfiles_storage.url(SCRIPT),
        "precache": [*(staticfiles_storage.url(name) for name in PRECACHED), *offline.values()],
        "offline": offline,
        "pages": ["/articles/", *(f"/{code}/" for code in Language.values)],
        "statics": settings.STATIC_URL,
        "images": "/media/images/",
    }


@cache
def _collected_version() -> str:
    """Return the version of files that don't change while this process runs."""
    return _version()


def _version() -> str:
    digest = hashlib.sha256()
    for name in (SCRIPT, *PRECACHED):
        digest.update(staticfiles_storage.url(name).encode())
        digest.update(_text(name))
    return digest.hexdigest()[:12]


def _text(name: str) -> bytes:
    found = finders.find(name)
    if not isinstance(found, str):
        return b""
    with open(found, "rb") as file:  # noqa: PTH123 - a path of the finder's
        return file.read()
