"""The served path, top to bottom: protocol, static files and streams aside, edge, bridge, Django."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omniwriter.settings")

from django.core.asgi import get_asgi_application

stream = get_asgi_application()  # Django is set up from here on

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402
from django.urls import get_resolver  # noqa: E402

from articles.studio.routing import websocket_urlpatterns as studio_websockets  # noqa: E402
from omniwriter.bridge import Bridge  # noqa: E402
from omniwriter.cache.changes import listen  # noqa: E402
from omniwriter.cache.subscriber import subscriber  # noqa: E402
from omniwriter.edge import Edge  # noqa: E402
from omniwriter.replicas.sockets import PinnedSockets  # noqa: E402
from omniwriter.statics import static_app  # noqa: E402
from perfmon.ingest import ingest, record_external  # noqa: E402
from perfmon.live.routing import websocket_urlpatterns  # noqa: E402
from perfmon.recorders.loads import load_key, record_load, timing_text  # noqa: E402
from perfmon.recorders.request_slots import METHODS  # noqa: E402
from perfmon.recorders.requests import is_measured  # noqa: E402

STATICS = str(settings.STATIC_URL)
STREAMS = "/events/"  # answers that stay open for minutes: they would hold a thread each

Scope = dict[str, Any]
Headers = list[tuple[bytes, bytes]]


def open_caches() -> None:
    """Make a thread's cache objects once: in a request's own context Django would make new ones each time."""
    for alias in settings.CACHES:
        caches[alias]


def count_refused(scope: Scope, status: int) -> Headers:
    """Show a request that Django never saw on the dashboard; return what a load test is told of it, in headers."""
    method = scope["method"] if scope["method"] in METHODS else "OTHER"
    record_external(method=method, endpoint="(refused)", duration_ns=0, status=status, second=int(time.time()))
    run = load_key(scope["headers"]) if is_measured(scope["path"]) else ""
    if not run:
        return []
    record_load(run, status, 0)
    return [(b"server-timing", timing_text(0).encode())]


bridge = Bridge(
    get_wsgi_application(),
    threads=settings.HTTP_THREADS,
    queue=settings.HTTP_QUEUE,
    limit_bytes=settings.HTTP_LIMIT_BYTES,
    prepare=open_caches,
    dispose=connections.close_all,
    on_refused=count_refused,
)


edge = Edge(bridge, limit_bytes=settings.EDGE_BYTES)
listen(edge.table.drop)
statics = static_app(bridge)


async def http(scope: Scope, receive: Any, send: Any) -> None:
    """Give files and long streams to handlers of their own, and everything else to the edge."""
    path: str = scope["path"]
    if path.startswith(STREAMS):
        await stream(scope, receive, send)
    elif path.startswith(STATICS):
        await statics(scope, receive, send)
    else:
        await edge(scope, receive, send)


def settle() -> None:
    """Import all addresses before the first request needs them, and call what is there by now no garbage.

    To look through it held every thread for 100 to 160 ms each few thousand requests.
    """
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()


async def lifespan(scope: Scope, receive: Any, send: Any) -> None:
    """Settle, listen to other processes' changes while the server runs, send the last measurements before it ends.

    uvicorn dies of its signal, without exit hooks.
    """
    while True:
        message = await receive()
        stopping = message["type"] == "lifespan.shutdown"
        if stopping:
            await asyncio.to_thread(subscriber.stop)
            await asyncio.to_thread(ingest.stop)
        else:
            settle()
            if settings.EDGE_BYTES:
                subscriber.start()
        await send({"type": f"{message['type']}.complete"})
        if stopping:
            return


PROTOCOLS: dict[str, Any] = {
    "http": http,
    "websocket": PinnedSockets(AuthMiddlewareStack(URLRouter([*websocket_urlpatterns, *studio_websockets]))),
    "lifespan": lifespan,
}


async def application(scope: Scope, receive: Any, send: Any) -> None:
    """Serve whatever the server speaks; raises KeyError for a protocol that is not here."""
    await PROTOCOLS[scope["type"]](scope, receive, send)
