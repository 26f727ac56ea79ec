"""The API's document: what django-ninja knows of it, and what every answer has beyond that."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from articles.api.answers import public_answer
from articles.api.callers import SIGNED_IN
from articles.api.problems import CONTENT_TYPE
from articles.api.router import api

PREFIX = "/api/"
_METHODS = ("get", "post", "put", "patch", "delete")
_NUMBER = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string", "minLength": 1}
_EVERY_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Limit": {
        "description": "Calls a minute; left out where there is no limit, and of answers that are not counted.",
        "schema": _NUMBER,
    },
    "RateLimit-Remaining": {"description": "Calls left in this minute.", "schema": _NUMBER},
    "RateLimit-Reset": {"description": "Seconds until the next minute.", "schema": _NUMBER},
    "ETag": {"description": "Changes with the answer.", "required": True, "schema": _TEXT},
    "Cache-Control": {"required": True, "schema": _TEXT},
    "Location": {"description": "What was made.", "required": True, "schema": _TEXT},
    "WWW-Authenticate": {"required": True, "schema": _TEXT},
    "Retry-After": {"description": "Seconds.", "required": True, "schema": _NUMBER},
    "Idempotency-Replayed": {"description": "The answer of the first call.", "schema": {"const": "true"}},
}
_BY_STATUS = {
    "200": ("ETag", "Cache-Control"), "202": ("ETag", "Cache-Control", "Location", "Idempotency-Replayed"),
    "304": ("ETag", "Cache-Control"), "401": ("WWW-Authenticate",),
    "429": ("Retry-After",),
}  # fmt: skip
#: The refusals, which are the same wherever they come from.
_REFUSED_WITH = (400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429)
REFUSALS = {str(status): HTTPStatus(status).name.title().replace("_", "") for status in _REFUSED_WITH}
#: What anybody may read, and who is signed in sees more of.
_OPEN_TO_ALL = {"article_list", "article_detail"}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; it does not change while the process lives."""
    found: dict[str, Any] = dict(api.get_openapi_schema(path_prefix=PREFIX))
    found["servers"] = [{"url": "/"}]
    for path, _method, operation in operations(found):
        _complete(path, operation)
    found["components"]["headers"] = HEADERS
    found["components"]["responses"] = {name: _refusal(status) for status, name in REFUSALS.items()}
    found["tags"] = [{"name": name} for name in dict.fromkeys(_tags(found))]
    return found


def operations(found: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield each operation with its path and method."""
    for path, methods in found["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, method, methods[method]


def openapi_json(request: HttpRequest) -> HttpResponse:
    """GET /api/openapi.json."""
    return public_answer(request, document())


def _tags(found: dict[str, Any]) -> Iterator[str]:
    for _path, _method, operation in operations(found):
        yield from operation["tags"]


def _complete(path: str, operation: dict[str, Any]) -> None:
    if operation["operationId"] in _OPEN_TO_ALL:
        operation["security"] = [{}, *({type(way).__name__: []} for way in SIGNED_IN)]
    if operation["operationId"] == "article_change":
        _require(operation, "If-Match")
    for parameter in operation["parameters"]:
        _without_null(parameter)
        if parameter["in"] == "path":
            parameter["schema"] |= {"minimum": 0}
    form = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data")
    if form:
        form["schema"]["additionalProperties"] = False
    operation["responses"] = {
        str(status): _answer(str(status), path, answer) for status, answer in operation["responses"].items()
    }


def _require(operation: dict[str, Any], header: str) -> None:
    """Tell what is asked for by an answer of its own (428), and so not by django-ninja."""
    for parameter in operation["parameters"]:
        if parameter["name"] == header:
            parameter["required"] = True


def _without_null(parameter: dict[str, Any]) -> None:
    """A query or a header can't hold null: it is left out instead."""
    schema = parameter["schema"]
    given = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
    if len(given) == 1:
        schema.update(given[0])
    elif given:
        schema["anyOf"] = given
    if schema.get("default", ...) is None:
        del schema["default"]


def _answer(status: str, path: str, answer: dict[str, Any]) -> dict[str, Any]:
    if status in REFUSALS:
        return {"$ref": f"#/components/responses/{REFUSALS[status]}"}
    names = [*_EVERY_HEADERS, *_BY_STATUS.get(status, ())]
    if status == "201":
        names += ["ETag", "Cache-Control", "Idempotency-Replayed", *(["Location"] if path.endswith("articles") else [])]
    return {**answer, "headers": _headers(names)}


def _refusal(status: str) -> dict[str, Any]:
    return {
        "description": HTTPStatus(int(status)).phrase,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        "headers": _headers([*_EVERY_HEADERS, *_BY_STATUS.get(status, ())]),
    }


def _headers(names: list[str]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
