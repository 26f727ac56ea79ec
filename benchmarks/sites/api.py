"""The peers of our API: a small Django project over the same database, served through our bridge or as Channels says.

Two bare views answer bytes that are ready, or that one ``cache.get`` reads from Valkey. The lists of DRF and of
django-ninja are the app ``peers``.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

CONTENT_TYPE = "application/json"
KEY = "benchmark"
#: What startproject writes, for the lists; the bare views have the common one alone.
STARTPROJECT = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
MIDDLEWARE = {"common": ["django.middleware.common.CommonMiddleware"], "startproject": STARTPROJECT}

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        *(f"django.contrib.{name}" for name in ("contenttypes", "auth", "sessions", "messages")),
        *("channels", "rest_framework", "benchmarks.sites.peers"),
    ],
    MIDDLEWARE=MIDDLEWARE[os.environ["BENCHMARK_MIDDLEWARE"]],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCHMARK_DATABASE"], "CONN_MAX_AGE": None,
            "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20},
        }
    },
    CACHES={"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": os.environ["REDIS_URL"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    TIME_ZONE="UTC",
    REST_FRAMEWORK={"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]},
)  # fmt: skip

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

stock = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter([])})  # Django is set up from here

from django.core.cache import cache, caches  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402

from benchmarks.sites.peers.lists import DrfArticles, ninja_api  # noqa: E402
from omniwriter.bridge import Bridge  # noqa: E402

THREADS = 16  # as ours
READY = Path(os.environ["BENCHMARK_BYTES"]).read_bytes()


def bare(request: HttpRequest) -> HttpResponse:
    """Answer bytes that are ready."""
    return HttpResponse(READY, content_type=CONTENT_TYPE)


def valkey(request: HttpRequest) -> HttpResponse:
    """Answer bytes that Valkey has."""
    return HttpResponse(cache.get(KEY), content_type=CONTENT_TYPE)


urlpatterns = [
    path("bare", bare),
    path("valkey", valkey),
    path("drf/articles", DrfArticles.as_view()),
    path("ninja/", ninja_api.urls),
]
cache.set(KEY, READY, None)
wsgi = get_wsgi_application()
bridged = ProtocolTypeRouter(
    {
        "http": Bridge(wsgi, threads=THREADS, queue=256, limit_bytes=1 << 20, prepare=lambda: caches["default"]),
        "websocket": URLRouter([]),
    }
)
