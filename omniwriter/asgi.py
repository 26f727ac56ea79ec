"""The served path, top to bottom: protocol, static files, streams, bridge, Django."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omniwriter.settings")

from django.core.asgi import get_asgi_application

stream = get_asgi_application()  # Django is set up from here on

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from perfmon.live.routing import websocket_urlpatterns  # noqa: E402

from omniwriter.bridge import Bridge  # noqa: E402
from omniwriter.statics import static_app  # noqa: E402

STREAMS = "/events/"  # answers that stay open for minutes: they would hold a bridge thread each

bridge = Bridge(
    get_wsgi_application(),
    threads=settings.HTTP_THREADS,
    queue=settings.HTTP_QUEUE,
    limit_bytes=settings.HTTP_LIMIT_BYTES,
)


async def http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Give long streams to Django's own ASGI handler and everything else to the bridge."""
    serve = stream if scope["path"].startswith(STREAMS) else bridge
    await serve(scope, receive, send)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Say that start and stop need nothing of us."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


application = ProtocolTypeRouter(
    {
        "http": static_app(http),
        "websocket": AuthMiddlewareStack(URLRouter(websocket_urlpatterns)),
        "lifespan": lifespan,
    }
)
