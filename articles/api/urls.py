"""The addresses of the API, below /api/. Another app's addresses there come before this app's in the project's list."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, re_path
from django.views.decorators.http import require_safe

from articles.api.docs import reference
from articles.api.door import door
from articles.api.openapi import openapi_json
from articles.api.problems import no_such_address
from articles.api.router import api
from articles.api.views_beacon import article_view

app_name = "articles-api"


def _behind_the_door(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            pattern.callback = door(pattern.callback)
    return patterns


# Ninja ends its addresses with its own root, which it answers with a page of its own.
_OPERATIONS = _behind_the_door([pattern for pattern in api.urls[0] if str(pattern.pattern)])
urlpatterns = [
    *_OPERATIONS,
    path("openapi.json", door(require_safe(openapi_json)), name="openapi-json"),
    path("docs", require_safe(reference), name="docs"),
    path("articles/<int:article_id>/view", article_view, name="article_view"),
    re_path("", door(no_such_address)),
]
