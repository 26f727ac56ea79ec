"""Views that write and read, and say where they read."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from omniwriter.replicas import pins


def write(request: HttpRequest) -> HttpResponse:
    """Write a row, and tell where this request reads afterwards."""
    Group.objects.using("default").filter(name=request.GET["name"]).delete()
    before = Group.objects.all().db
    Group.objects.create(name=request.GET["name"])
    return JsonResponse({"before": before, "after": Group.objects.all().db})


def write_raw(request: HttpRequest) -> HttpResponse:
    """Write past the router."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO auth_group (name) VALUES (%s)", [request.GET["name"]])
    return HttpResponse()


def read(request: HttpRequest) -> HttpResponse:
    """Tell whether a row is there and which server said so."""
    rows = Group.objects.filter(name=request.GET["name"])
    return JsonResponse({"found": rows.exists(), "db": rows.db, "again": rows.all().db})


def public(request: HttpRequest) -> HttpResponse:
    """Answer what any cache may keep."""
    return HttpResponse(headers={"Cache-Control": "public, max-age=30"})


def committed(request: HttpRequest) -> HttpResponse:
    """Tell what a callback of the commit is told, and what the request is told after it."""
    told: list[str | None] = []
    with transaction.atomic():
        transaction.on_commit(lambda: told.append(pins.last_commit()))
        Group.objects.create(name=request.GET["name"])
    return JsonResponse({"told": told, "after": pins.last_commit()})


admin_like = ([path("groups/", read)], "admin")
urlpatterns = [
    path("write", write),
    path("write/raw", write_raw),
    path("read", read),
    path("public", public),
    path("committed", committed),
    path("office/", include(admin_like, namespace="office")),
]
