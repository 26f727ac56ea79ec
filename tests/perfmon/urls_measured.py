"""Views with every way to end a request, for the tests of the request recorder."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import include, path, re_path


def plain(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer with the status asked for."""
    return HttpResponse("ok", status=int(request.GET.get("status", 200)))


def busy(request: HttpRequest) -> HttpResponse:
    """Do three queries, or as many as asked for, and two cache reads, one of them a miss."""
    with connection.cursor() as cursor:
        for _ in range(int(request.GET.get("queries", 3))):
            cursor.execute(request.GET.get("sql", "SELECT 1"))
    cache.set("known", None)
    cache.get("known")
    cache.get("unknown")
    return HttpResponse("ok")


def mended(request: HttpRequest) -> HttpResponse:
    """Do three queries of which the second fails, and go on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with suppress(DatabaseError):
            cursor.execute("SELECT nonsense")
        cursor.execute("SELECT 1")
    return HttpResponse("ok")


def broken(request: HttpRequest) -> HttpResponse:
    """Raise."""
    raise RuntimeError("broken")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    """Stream two chunks, with a query while streaming; when asked to, fail in between or read a cache."""

    def chunks() -> Iterator[bytes]:
        yield b"one"
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if "fail" in request.GET:
            raise RuntimeError("broken")
        yield b"two"
        if "reading" in request.GET:
            yield b"three"
        if "last" in request.GET:
            cache.get("key")

    if "reading" in request.GET:
        cache.get("key")
    return StreamingHttpResponse(chunks())


async def plain_async(request: HttpRequest) -> HttpResponse:
    """Answer from the event loop."""
    await asyncio.sleep(0)
    return HttpResponse("ok")


async def streamed_async(request: HttpRequest) -> StreamingHttpResponse:
    """Stream from the event loop."""

    async def chunks() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.sleep(0)
        yield b"two"

    return StreamingHttpResponse(chunks())


urlpatterns = [
    path("plain/<slug:slug>/", plain),
    path("busy/", busy),
    path("mended/", mended),
    path("broken/", broken),
    path("streamed/", streamed),
    path("async/", plain_async),
    path("async/streamed/", streamed_async),
    path("nested/<int:number>/", include([path("<slug:slug>/", lambda request, number, slug: HttpResponse("ok"))])),
    re_path(r"^regex/(?P<year>[0-9]{4})/$", lambda request, year: HttpResponse("ok")),
]
