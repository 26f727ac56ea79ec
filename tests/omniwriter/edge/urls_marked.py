"""Addresses of every kind a load test may come to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.urls import path

from .urls_kept import kept


def plain(request: HttpRequest) -> HttpResponse:
    """Answer."""
    return HttpResponse("ok")


def broken(request: HttpRequest) -> HttpResponse:
    """Raise."""
    raise RuntimeError("broken")


def streamed(request: HttpRequest) -> StreamingHttpResponse:
    """Stream two pieces."""
    return StreamingHttpResponse(iter([b"one", b"two"]))


urlpatterns = [
    path("told/<str:name>/", kept),
    path("plain/", plain),
    path("left/out/", plain),
    path("broken/", broken),
    path("moved/", lambda request: HttpResponseRedirect("/plain/")),
    path("streamed/", streamed),
]
