"""What every call of the API passes through on its way in and out: who calls, how often, in which language.

Each address's view is wrapped once, when the addresses are made. Outermost, so that refusals made by django-ninja
itself, such as that of a method, leave as problems with the same headers as everything else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from ninja.errors import AuthenticationError

from articles.api.callers import SAFE_METHODS, ApiRequest, Caller, caller_by_session, caller_by_token
from articles.api.problems import CONTENT_TYPE, method_not_allowed, not_authenticated, problem
from articles.clients import client_address
from articles.throttles import Allowance, account_key, any_granted, call_count, granted

View = Callable[..., HttpResponse]
LANGUAGE = "en"


def door(view: View) -> View:
    """Return ``view`` behind the door."""

    @wraps(view)
    def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        known = cast("ApiRequest", request)
        if translation.get_language() == LANGUAGE:  # as it mostly is: to change it there and back is not free
            return _serve(view, known, *args, **kwargs)
        with translation.override(LANGUAGE):
            return _serve(view, known, *args, **kwargs)

    entered.csrf_exempt = True  # type: ignore[attr-defined]  # the session's own check asks for it; a token needs none
    return entered


def _serve(view: View, request: ApiRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    request.token_caller = None
    allowance = None
    try:
        request.token_caller = caller_by_token(request)
        allowance = _allowance(request)
        response = _too_often(allowance) or _answered(view, request, *args, **kwargs)
    except AuthenticationError as error:
        response = not_authenticated(str(error))
    for name, value in (allowance.headers if allowance else {}).items():
        response[name] = value
    response["Content-Language"] = LANGUAGE  # its own words; so the site does not say that they depend on the reader's
    return response


def _answered(view: View, request: ApiRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Ask the view; HEAD is answered as GET is, and the server leaves the body out."""
    method = request.method
    if method == "HEAD":
        request.method = "GET"
    try:
        response = view(request, *args, **kwargs)
    finally:
        request.method = method
    if response.status_code == 405 and response["Content-Type"] != CONTENT_TYPE:
        return method_not_allowed(*_allowed(response["Allow"]))
    return response


def _allowed(header: str) -> list[str]:
    methods = {name.strip() for name in header.split(",")}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _allowance(request: ApiRequest) -> Allowance | None:
    rate, caller = _counted_as(request)
    allowance = call_count(rate, caller)
    if allowance is None or not allowance.exceeded or not caller.startswith("address:"):
        return allowance
    return _own_allowance(request) or allowance


def _own_allowance(request: ApiRequest) -> Allowance | None:
    """Return the allowance of an account that was granted one, whose address is past its own; mostly there is none.

    Only then is the session looked at, so this answer alone depends on it.
    """
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or not any_granted():
        return None
    caller = caller_by_session(request)
    account = account_key(caller.user.pk) if caller else ""
    return call_count("token", account) if account and granted(account) > 1 else None


def _counted_as(request: ApiRequest) -> tuple[str, str]:
    """Return the rate and whom it counts: a token, an account that changes something, or else an address.

    Reading with a session is counted by address: to look at the session would make every public answer a private one.
    """
    writes = request.method not in SAFE_METHODS
    caller: Caller | None = request.token_caller
    if caller is None and writes and settings.SESSION_COOKIE_NAME in request.COOKIES:
        caller = caller_by_session(request)
    rate = "write" if writes else "token" if caller else "anonymous"
    if caller is None:
        return rate, f"address:{client_address(request)}"
    return rate, f"token:{caller.token.pk}" if caller.token else account_key(caller.user.pk)


def _too_often(allowance: Allowance | None) -> HttpResponse | None:
    if allowance is None or not allowance.exceeded:
        return None
    return problem(429, f"At most {allowance.limit} calls a minute. Try again in {allowance.reset_s} seconds.")
