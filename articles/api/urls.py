"""The addresses of the API, below /api/; ``elsewhere.py`` answers at those that are none."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from django.views.decorators.http import require_safe

from articles.api.docs import reference
from articles.api.door import door
from articles.api.openapi import openapi_json
from articles.api.router import api
from articles.api.views_beacon import article_view
from articles.caching import LISTS, article_names
from omniwriter.cache import Ttl, cache_api_response

app_name = "articles-api"

_FILTERS = ("fields", "limit", "cursor", "language", "category", "tag", "author")
#: The addresses whose public answers are kept, between the door, which counts every call, and what reads the call. A
#: caller who is known, a parameter that is not listed and what is refused pass by.
KEPT = {
    "articles": cache_api_response(name="api.list", namespaces=LISTS, params=_FILTERS),
    "articles/popular": cache_api_response(
        name="api.popular", namespaces=LISTS, ttl=Ttl.POPULAR, params=("fields", "limit", "language")
    ),
    "articles/search": cache_api_response(
        name="api.search", namespaces=LISTS, params=("fields", "q", "limit", "offset", "language", "category", "tag")
    ),
    "articles/<int:article_id>": cache_api_response(name="api.article", namespaces=article_names, params=("fields",)),
    "categories": cache_api_response(name="api.categories", namespaces=LISTS),
    "tags": cache_api_response(name="api.tags", namespaces=LISTS, params=("limit", "cursor")),
}


def _behind_the_door(patterns: list[URLPattern | URLResolver]) -> list[URLPattern | URLResolver]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            keep = KEPT.get(str(pattern.pattern))
            pattern.callback = door(keep(pattern.callback) if keep else pattern.callback)
    return patterns


# Ninja ends its addresses with its own root, which it answers with a page of its own.
_OPERATIONS = _behind_the_door([pattern for pattern in api.urls[0] if str(pattern.pattern)])
urlpatterns = [
    *_OPERATIONS,
    path("openapi.json", door(require_safe(openapi_json)), name="openapi-json"),
    path("docs", require_safe(reference), name="docs"),
    path("articles/<int:article_id>/view", article_view, name="article_view"),
]
