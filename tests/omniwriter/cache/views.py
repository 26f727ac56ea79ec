"""Views that the tests of kept answers serve: what each shows depends on everything a key must know."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.utils import translation

from omniwriter.cache import cache_api_response

calls: list[str] = []


@cache_api_response(name="test.page", namespaces=("lists",), params=("page", "q"))
def page(request: HttpRequest) -> HttpResponse:
    """Say to whom, in which language and about what."""
    calls.append(request.get_full_path())
    known = "sessionid" in request.COOKIES or "Authorization" in request.headers
    who = request.COOKIES.get("sessionid") or request.headers.get("Authorization", "anybody")
    asked = sorted((key, request.GET.getlist(key)) for key in request.GET if not key.startswith("utm_"))
    body = f"{who}|{request.get_host()}|{translation.get_language()}|{asked}"
    response = HttpResponse(body, content_type="text/plain")
    response["Content-Language"] = translation.get_language()
    response["Cache-Control"] = "private" if known else "public, no-cache"
    return response


def _kept(view: object) -> object:
    return cache_api_response(name="test.status", namespaces=(), params=("with",))(view)  # type: ignore[arg-type]


@_kept
def status(request: HttpRequest, status: int) -> HttpResponse:
    """Answer with a status, or with what makes an answer one reader's own."""
    calls.append(request.get_full_path())
    response = HttpResponse("body", status=status)
    response["Cache-Control"] = request.GET.get("with", "public").replace("cookie", "public")
    if request.GET.get("with") == "cookie":
        response.set_cookie("a", "b")
    if request.GET.get("with") == "session":
        response["Cache-Control"] = "public"
        request.session.get("user")
    return response


urlpatterns = [
    path("test/page/", page),
    path("test/status/<int:status>/", status),  # type: ignore[arg-type]
    path("", include("omniwriter.urls")),
]
