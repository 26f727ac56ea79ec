"""Errors of the JSON API as problem details (RFC 9457): what happened and which field."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent, ValidationError
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import RawPostDataException
from django.utils.log import log_response
from ninja import NinjaAPI
from ninja import errors as ninja_errors

from articles.exceptions import CursorError, NotAllowedError, StaleVersionError, TransitionError
from articles.idempotency import KeyBusyError, KeyReusedError
from articles.models import Article
from articles.outages import RETRY_AFTER_S, is_outage

MAX_ERRORS = 20
CONTENT_TYPE = "application/problem+json"
CHALLENGE = 'Bearer realm="omniwriter"'
_BUSY_RETRY_S = 2
# The API's words for the columns.
_FIELD_NAMES = {"body": "content", "cover": "cover_id"}


class FieldError(NamedTuple):
    """One refused field, by its place in the body or the query, and what it must be."""

    field: str
    message: str


def problem(
    status: int,
    detail: str,
    *,
    errors: Sequence[FieldError] = (),
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> HttpResponse:
    """Answer with ``application/problem+json``; at most ``MAX_ERRORS`` of the errors are listed."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
    if errors:
        body["errors"] = [error._asdict() for error in errors[:MAX_ERRORS]]
    response = HttpResponse(orjson.dumps(body), status=status, content_type=CONTENT_TYPE, headers=headers)
    response["Cache-Control"] = "no-store"
    return response


def method_not_allowed(*allowed: str) -> HttpResponse:
    """Answer 405 with the methods that are allowed."""
    names = ", ".join(allowed)
    return problem(405, f"This address takes {names}.", headers={"Allow": names})


def not_authenticated(detail: str) -> HttpResponse:
    """Answer 401 and say how to authenticate."""
    return problem(401, detail, headers={"WWW-Authenticate": CHALLENGE})


def no_such_address(request: HttpRequest) -> HttpResponse:
    """Answer 404 for every address below /api/ that is none."""
    return problem(404, "There is nothing at this address; /api/openapi.json lists what there is.")


def add_handlers(api: NinjaAPI) -> None:
    """Make ``api`` answer every error as a problem."""
    handlers: tuple[tuple[type[Exception], Callable[[HttpRequest, Any], HttpResponse]], ...] = (
        (ninja_errors.ValidationError, _schema_error),
        (ninja_errors.HttpError, _http_error),
        (ValidationError, _field_error),
        (CursorError, _cursor_error),
        (NotAllowedError, _not_allowed),
        (TransitionError, _not_open),
        (StaleVersionError, _stale),
        (KeyReusedError, _key_reused),
        (KeyBusyError, _key_busy),
        (Http404, _not_found),
        (Article.DoesNotExist, _no_article),
        (RequestDataTooBig, _too_large),
        (TooManyFieldsSent, _too_many),
        (TooManyFilesSent, _too_many),
        (RawPostDataException, _not_json),
        (MultiPartParserError, _not_multipart),
        (Exception, _unexpected),
    )
    for error, handler in handlers:
        api.add_exception_handler(error, handler)


def stale(article_id: int, current: int, etag: str = "") -> HttpResponse:
    """Answer 412: nothing was stored, here is what to compare with."""
    link = f"/api/articles/{article_id}?draft=true"
    headers = {"ETag": etag} if etag else None
    detail = "Somebody changed the article since it was read; nothing was stored. Read it again, merge and send that."
    return problem(412, detail, current_version=current, current=link, headers=headers)


def _schema_error(request: HttpRequest, error: ninja_errors.ValidationError) -> HttpResponse:
    errors = [FieldError(_place(item["loc"]), item["msg"]) for item in error.errors]
    return problem(422, "Some fields are not valid.", errors=errors)


def _place(loc: Sequence[str | int]) -> str:
    """Return the field's name: ninja puts where it came from first, and for a body the parameter's name second."""
    skipped = 2 if loc[0] == "body" else 1
    return ".".join(str(part) for part in loc[skipped:])


def _http_error(request: HttpRequest, error: ninja_errors.HttpError) -> HttpResponse:
    # Ninja wraps whatever its parser raises.
    cause = error.__cause__
    if isinstance(cause, ninja_errors.HttpError):
        error = cause
    elif isinstance(cause, ninja_errors.ValidationError):
        return _schema_error(request, cause)
    elif isinstance(cause, orjson.JSONDecodeError):
        return problem(400, f"The body is not JSON: {cause}")
    if error.status_code == HTTPStatus.UNAUTHORIZED:
        return not_authenticated("Log in first: send the session's cookie, or a token as Authorization: Bearer ow_….")
    return problem(error.status_code, str(error))


def _field_error(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    errors = [FieldError(_FIELD_NAMES.get(name, name), text) for name, texts in fields.items() for text in texts]
    return problem(422, "Some fields are not valid.", errors=errors)


def _cursor_error(request: HttpRequest, error: CursorError) -> HttpResponse:
    message = "Take it from next_cursor of the page before."
    return problem(422, "Some fields are not valid.", errors=[FieldError("cursor", message)])


def _not_allowed(request: HttpRequest, error: NotAllowedError) -> HttpResponse:
    return problem(403, str(error))


def _not_open(request: HttpRequest, error: TransitionError) -> HttpResponse:
    return problem(409, str(error), status_now=error.status)


def _stale(request: HttpRequest, error: StaleVersionError) -> HttpResponse:
    return stale(error.article_id, error.current)


def _key_reused(request: HttpRequest, error: KeyReusedError) -> HttpResponse:
    return problem(422, str(error), errors=[FieldError("Idempotency-Key", "Take a new key for a new request.")])


def _key_busy(request: HttpRequest, error: KeyBusyError) -> HttpResponse:
    return problem(409, str(error), headers={"Retry-After": str(_BUSY_RETRY_S)})


def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, str(error))


def _no_article(request: HttpRequest, error: Article.DoesNotExist) -> HttpResponse:
    return problem(404, "There is no such article.")


def _too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return problem(413, f"The body may have at most {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")


def _too_many(request: HttpRequest, error: TooManyFieldsSent | TooManyFilesSent) -> HttpResponse:
    return problem(400, f"A query may have at most {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS} parameters.")


def _not_json(request: HttpRequest, error: RawPostDataException) -> HttpResponse:
    return problem(415, "Send the body as application/json.")


def _not_multipart(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    return problem(400, f"The body is not multipart/form-data: {error}")


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer in the API's form and say nothing of it; like Django, log it and tell who listens."""
    got_request_exception.send(sender=None, request=request)
    if is_outage(error):
        retry = {"Retry-After": str(RETRY_AFTER_S)}
        response = problem(503, "The database is not reachable. Try again in a moment.", headers=retry)
    else:
        response = problem(500, "The server failed. It was logged; nothing of this call was stored.")
    log_response("%s: %s", response.reason_phrase, request.path, response=response, request=request, exception=error)
    return response
