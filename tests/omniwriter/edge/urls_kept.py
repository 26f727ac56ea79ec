"""Two addresses of one view: kept for everybody, and plain, which is what each reader should get."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import translation

from omniwriter.cache import cache_api_response

PLAIN = "/plain"


def told(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Tell everything that Django makes of a request's address and reader."""
    answer = JsonResponse(
        {
            "url": request.build_absolute_uri().replace(PLAIN, "", 1).partition("?")[0],
            "scheme": request.scheme,
            "method": "GET" if request.method == "HEAD" else request.method,
            "parameters": {name: request.GET[name] for name in ("page", "tag") if name in request.GET},
            "language": translation.get_language(),
            "session": request.COOKIES.get("sessionid"),
            "token": request.headers.get("Authorization"),
            **kwargs,
        }
    )
    answer["Cache-Control"] = "public, max-age=30"
    return answer


kept = cache_api_response(name="test.told", namespaces=("told",), params=("page", "tag"))(told)

urlpatterns = [
    path("told/<str:name>/", kept),
    path("plain/told/<str:name>/", told),
]
