"""A small Django project and the two ways to serve it: through our bridge, and as Channels' documentation says."""

from __future__ import annotations

import os
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "channels"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCHMARK_DATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)  # fmt: skip

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from omniwriter.bridge import Bridge  # noqa: E402

THREADS = int(os.environ.get("BENCHMARK_THREADS", "16"))
SLOW_S = 0.02


def plain(request: HttpRequest) -> HttpResponse:
    """Answer two bytes."""
    return HttpResponse(b"ok")


def five_queries(request: HttpRequest) -> HttpResponse:
    """Do five queries through the ORM."""
    from django.contrib.auth.models import User

    for number in range(5):
        list(User.objects.filter(pk=number + 1))
    return HttpResponse(b"ok")


def slow(request: HttpRequest) -> HttpResponse:
    """Wait as a view does on another service, then answer some kilobytes."""
    time.sleep(SLOW_S)
    return HttpResponse(b"slow" * 5_000)


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start and stop with nothing to do."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


urlpatterns = [path("plain/", plain), path("five/", five_queries), path("slow/", slow)]

stock = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter([])})
bridged = ProtocolTypeRouter(
    {
        "http": Bridge(get_wsgi_application(), threads=THREADS, queue=256, limit_bytes=1 << 20),
        "websocket": URLRouter([]),
        "lifespan": lifespan,
    }
)
