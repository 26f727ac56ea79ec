"""Errors of the HTTP API as problem details (RFC 9457): what happened, which field, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from django.http import HttpResponse

from perfmon.schema import FieldError

MAX_ERRORS = 20


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """Answer with ``application/problem+json``; ``MAX_ERRORS`` of the errors are listed, the rest are counted."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
    if errors:
        body["errors"] = [error._asdict() for error in errors[:MAX_ERRORS]]
        if len(errors) > MAX_ERRORS:
            body["errors_left_off"] = len(errors) - MAX_ERRORS
    response = HttpResponse(orjson.dumps(body), status=status, content_type="application/problem+json")
    response["Cache-Control"] = "no-store"
    for name, value in (headers or {}).items():
        response[name] = value
    return response


def method_not_allowed(*allowed: str) -> HttpResponse:
    """Answer 405 with the methods that are allowed."""
    names = ", ".join(allowed)
    return problem(405, f"This address takes {names}.", headers={"Allow": names})


def unauthorized(detail: str) -> HttpResponse:
    """Answer 401 and say how to authenticate."""
    return problem(401, detail, headers={"WWW-Authenticate": 'Bearer realm="perfmon"'})
