"""A Django project, served by uvicorn in a process of its own: views that do what real ones do at their worst."""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.urls import path

DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE_FILE", ":memory:")}

if not settings.configured:
    settings.configure(
        SECRET_KEY="test",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["channels"],
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        DATABASES={"default": {**DATABASE, "CONN_MAX_AGE": None}},
        LOGGING_CONFIG=None,
    )

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connection  # noqa: E402

from omniwriter.bridge import Bridge, protocol  # noqa: E402

protocol.LINGER_S = float(os.environ.get("LINGER_S", protocol.LINGER_S))
THREADS, QUEUE = 4, 8
LIMIT_BYTES = 128 << 20
CHUNK = b"0123456789abcdef" * 512  # 8 KiB
counts = {"closed": 0, "refused": 0}
seen: ContextVar[str] = ContextVar("seen", default="nothing")


def hello(request: HttpRequest) -> HttpResponse:
    """Answer a short text."""
    return HttpResponse(b"hello")


def upload(request: HttpRequest) -> HttpResponse:
    """Read the body a piece at a time."""
    digest, size = hashlib.sha256(), 0
    while piece := request.read(65_536):
        digest.update(piece)
        size += len(piece)
    return JsonResponse({"size": size, "sha256": digest.hexdigest(), "declared": request.META.get("CONTENT_LENGTH")})


def form(request: HttpRequest) -> HttpResponse:
    """Answer with the size of an uploaded file."""
    return JsonResponse({name: file.size for name, file in request.FILES.items()})


def stream(request: HttpRequest, chunks: int) -> StreamingHttpResponse:
    """Stream so many chunks; a closed stream is counted."""

    def made() -> Iterator[bytes]:
        try:
            for _ in range(chunks):
                yield CHUNK
        finally:
            counts["closed"] += 1

    return StreamingHttpResponse(made())


def rows(request: HttpRequest) -> StreamingHttpResponse:
    """Stream rows off one cursor, which only its own thread may read."""

    def made() -> Iterator[bytes]:
        with connection.cursor() as cursor:
            cursor.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n"
            )
            while row := cursor.fetchone():
                yield b"%d\n" % row[0]

    return StreamingHttpResponse(made())


def broken(request: HttpRequest) -> StreamingHttpResponse:
    """Stream a chunk and fail."""

    def made() -> Iterator[bytes]:
        yield b"begun"
        raise RuntimeError("in the middle")

    return StreamingHttpResponse(made())


def download(request: HttpRequest) -> FileResponse:
    """Send a file of 8 MiB."""
    file = tempfile.TemporaryFile()  # noqa: SIM115  closed by the response
    file.write(CHUNK * 1024)
    file.seek(0)
    return FileResponse(file)


def large(request: HttpRequest) -> HttpResponse:
    """Send 5 MiB made in one piece."""
    return HttpResponse(CHUNK * 640)


def sleep(request: HttpRequest, ms: int) -> HttpResponse:
    """Wait, then answer."""
    time.sleep(ms / 1000)
    return HttpResponse(b"slept")


def boom(request: HttpRequest) -> HttpResponse:
    """Fail."""
    raise RuntimeError("boom")


def where(request: HttpRequest) -> HttpResponse:
    """Tell which thread answered and over which database connection, and whether it found what another request left."""
    connection.ensure_connection()
    before, _ = seen.get(), seen.set("another request")
    return JsonResponse(
        {"thread": threading.get_ident(), "connection": id(connection.connection), "before": before}
    )  # fmt: skip


def tally(request: HttpRequest) -> HttpResponse:
    """Tell what was counted."""
    return JsonResponse({**counts, "threads": threading.active_count()})


urlpatterns: list[Any] = [
    path("", hello),
    path("upload", upload),
    path("form", form),
    path("stream/<int:chunks>", stream),
    path("rows", rows),
    path("broken", broken),
    path("download", download),
    path("large", large),
    path("sleep/<int:ms>", sleep),
    path("boom", boom),
    path("where", where),
    path("tally", tally),
]


class Listening(AsyncWebsocketConsumer):
    """A websocket that stays open and says nothing."""


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and stop with nothing to do."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def refused(scope: dict[str, Any], status: int) -> list[tuple[bytes, bytes]]:
    """Count a request that Django did not see."""
    counts["refused"] += 1
    return []


application = ProtocolTypeRouter(
    {
        "http": Bridge(
            get_wsgi_application(), threads=THREADS, queue=QUEUE, limit_bytes=LIMIT_BYTES, on_refused=refused
        ),
        "websocket": URLRouter([path("ws/", Listening.as_asgi())]),
        "lifespan": lifespan,
    }
)
