"""Errors of the JSON API as problem details (RFC 9457): what happened and which field."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException
from ninja import NinjaAPI
from ninja import errors as ninja_errors

from articles.exceptions import CursorError

MAX_ERRORS = 20
CONTENT_TYPE = "application/problem+json"
_FIELD_NAMES = {"body": "content"}  # the API's word for a column


class FieldError(NamedTuple):
    """One refused field, by its place in the body or the query, and what it must be."""

    field: str
    message: str


def problem(
    status: int, detail: str, *, errors: Sequence[FieldError] = (), headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Answer with ``application/problem+json``; at most ``MAX_ERRORS`` of the errors are listed."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if errors:
        body["errors"] = [error._asdict() for error in errors[:MAX_ERRORS]]
    response = HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE, headers=headers)
    response["Cache-Control"] = "no-store"
    return response


def refuse_unknown(parameters: Iterable[str], known: Container[str]) -> None:
    """Refuse a query with other parameters than those ``known``: a misspelt one, ignored, would seem to have worked."""
    unknown = [name for name in parameters if name not in known]
    if unknown:
        raise ninja_errors.ValidationError(
            [{"loc": ("query", name), "msg": "There is no such parameter."} for name in unknown]
        )


def method_not_allowed(*allowed: str) -> HttpResponse:
    """Answer 405 with the methods that are allowed."""
    names = ", ".join(allowed)
    return problem(405, f"This address takes {names}.", headers={"Allow": names})


def no_such_address(request: HttpRequest) -> HttpResponse:
    """Answer 404 for every address below /api/ that is none."""
    return problem(404, "There is nothing at this address; /api/openapi.json lists what there is.")


def add_handlers(api: NinjaAPI) -> None:
    """Make ``api`` answer every error it knows as a problem."""
    handlers: tuple[tuple[type[Exception], Any], ...] = (
        (ninja_errors.ValidationError, _schema_error),
        (ninja_errors.HttpError, _http_error),
        (ValidationError, _field_error),
        (CursorError, _cursor_error),
        (Http404, _not_found),
        (RequestDataTooBig, _too_large),
        (TooManyFieldsSent, _too_many),
        (RawPostDataException, _not_json),
    )
    for error, handler in handlers:
        api.add_exception_handler(error, handler)


def _schema_error(request: HttpRequest, error: ninja_errors.ValidationError) -> HttpResponse:
    errors = [FieldError(_place(item["loc"]), item["msg"]) for item in error.errors]
    return problem(422, "Some fields are not valid.", errors=errors)


def _place(loc: Sequence[str | int]) -> str:
    """Return the field's name: ninja puts where it came from first, and for a body the parameter's name second."""
    skipped = 2 if loc[0] == "body" else 1
    return ".".join(str(part) for part in loc[skipped:])


def _http_error(request: HttpRequest, error: ninja_errors.HttpError) -> HttpResponse:
    # Ninja wraps whatever its parser raises.
    if isinstance(error.__cause__, ninja_errors.HttpError):
        error = error.__cause__
    elif isinstance(error.__cause__, orjson.JSONDecodeError):
        return problem(400, f"The body is not JSON: {error.__cause__}")
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return problem(401, "Log in first; this address takes the session's cookie.")
    return problem(error.status_code, str(error))


def _field_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    errors = [FieldError(_FIELD_NAMES.get(name, name), text) for name, texts in fields.items() for text in texts]
    return problem(422, "Some fields are not valid.", errors=errors)


def _cursor_error(request: HttpRequest, error: CursorError) -> HttpResponse:
    message = "Take it from next_cursor of the page before."
    return problem(422, "Some fields are not valid.", errors=[FieldError("cursor", message)])


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, str(error))


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, f"The body may have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")


def _too_many(request: HttpRequest, error: TooManyFieldsSent) -> HttpResponse:
    return problem(400, f"A query may have at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} parameters.")


def _not_json(request: HttpRequest, error: RawPostDataException) -> HttpResponse:
    return problem(415, "Send the body as application/json.")
