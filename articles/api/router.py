"""The API as a whole: its routers, one a noun, and how it reads and refuses."""

from __future__ import annotations

from functools import partial
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from ninja import NinjaAPI, Router
from ninja.operation import Operation

from articles.api.parser import JsonParser
from articles.api.problems import add_handlers

#: Each is a module's ``router``; a further part of the API is a line here.
ROUTERS = (
    "articles.api.writing.router",  # and reading, at the same addresses
    "articles.api.steps.router",
    "articles.api.revisions.router",
    "articles.api.taxonomy.router",
    "articles.api.images.router",
    "articles.api.generation.router",
    "articles.api.auth.router",
)
DESCRIPTION = """\
Dates are UTC in ISO 8601. Errors are `application/problem+json` (RFC 9457) and name the fields. Unknown fields and
parameters are refused. Every `GET` is also a `HEAD`, carries an `ETag` and answers 304 to `If-None-Match`. Answers
carry `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset`; 429 says in `Retry-After` when to come back. An
answer that the server has in its memory carries none and is not counted. `X-Cache` says where an answer came from.
"""


class ArticlesAPI(NinjaAPI):
    """Names each operation by its function alone: programs are generated from these names.

    The answer that ninja makes beforehand is made when something is to be set on it; ours make their own.
    """

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """Return the function's name."""
        return operation.view_func.__name__

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Promise an answer."""
        return cast("HttpResponse", SimpleLazyObject(partial(super().create_temporal_response, request)))


def make_api() -> NinjaAPI:
    """Return the API with all its routers; its document and its reference are addresses of our own."""
    api = ArticlesAPI(
        title="Omni Writer", version="1", urls_namespace="articles-api", openapi_url=None, docs_url=None,
        parser=JsonParser(), description=DESCRIPTION,
    )  # fmt: skip
    add_handlers(api)
    for path in ROUTERS:
        router: Router = import_string(path)
        api.add_router("", router)
    return api


api = make_api()
