"""One project, three stacks: bare Django, perfmon, django-prometheus, each with a database alias of its own."""

from __future__ import annotations

from pathlib import Path

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

STACKS: dict[str, list[str]] = {
    "bare": [],
    "perfmon": ["perfmon.middleware.PerfmonMiddleware"],
    "prometheus": [
        "django_prometheus.middleware.PrometheusBeforeMiddleware",
        "django_prometheus.middleware.PrometheusAfterMiddleware",
    ],
}
ENGINES = {"prometheus": "django_prometheus.db.backends.sqlite3"}


def database(stack: str, folder: Path) -> dict[str, object]:
    """Return a stack's alias: the same SQLite file, opened once and kept."""
    engine = ENGINES.get(stack, "django.db.backends.sqlite3")
    return {"ENGINE": engine, "NAME": folder / "overhead.sqlite3", "CONN_MAX_AGE": None}


def set_up(folder: Path) -> None:
    """Configure Django and make the tables; perfmon's wrapper stays on its own alias only."""
    settings.configure(
        SECRET_KEY="benchmark",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "perfmon", "django_prometheus"],
        DATABASES={"default": database("bare", folder), **{stack: database(stack, folder) for stack in STACKS}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        STATIC_URL="/static/",
        PERFMON={"VALKEY_URL": "", "LOCAL_COLLECTOR": False},
    )
    django.setup()
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    for stack in STACKS:
        connections[stack].ensure_connection()
        if stack != "perfmon":
            connections[stack].execute_wrappers.clear()


def plain(request: HttpRequest) -> HttpResponse:
    """Answer two bytes."""
    return HttpResponse(b"ok")


def five_queries(request: HttpRequest, alias: str) -> HttpResponse:
    """Do five queries through the ORM."""
    from django.contrib.auth.models import User

    for number in range(5):
        list(User.objects.using(alias).filter(pk=number + 1))
    return HttpResponse(b"ok")


async def plain_async(request: HttpRequest) -> HttpResponse:
    """Answer two bytes from the event loop."""
    return HttpResponse(b"ok")


urlpatterns = [path("plain/", plain), path("async/", plain_async), path("five/<str:alias>/", five_queries)]
