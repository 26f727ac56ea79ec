"""A project's addresses of every kind, and who was asked for."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.decorators.http import require_POST

asked: list[str] = []


def page(request: HttpRequest, **_: object) -> HttpResponse:
    """Answer, and note the path."""
    asked.append(request.path)
    return HttpResponse("Here.")


def missing(request: HttpRequest) -> HttpResponse:
    """Answer that there is nothing."""
    return HttpResponse(status=404)


inner = [path("list/", page), path("logout/", page), path("<int:number>/", page)]
urlpatterns = [
    path("", page),
    path("inner/", include(inner)),
    path("inner/list/", page),
    re_path(r"^old\.html$", page),
    re_path(r"^old/(\d+)/$", page),
    path("delete-all/", page),
    path("users/log-out", page),
    path("missing/", missing),
    path("post/", require_POST(page)),
    path("admin/", include(([path("tidy/", page)], "admin"))),
    path("", include("perfmon.urls")),
    *[path(f"page-{number}/", page) for number in range(40)],
]
