"""Logging programs in and out: tokens for a password, their list, their end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router, Schema
from ninja.errors import HttpError
from pydantic import ConfigDict, SecretStr

from articles.api.answers import private_answer
from articles.api.callers import SIGNED_IN, signed_in
from articles.api.parser import refuse_body, refuse_unknown
from articles.api.problems import not_authenticated, problem
from articles.api.schemas import TEXT, Problem
from articles.clients import client_address
from articles.models import AccessToken
from articles.selectors import api as selectors
from articles.services.tokens import token_create, token_revoke
from articles.throttles import call_count
from articles.tokens import DEFAULT_DAYS, MAX_DAYS, Scope

router = Router(tags=["Access"])


class LoginIn(Schema):
    """A name, a password, and what the token shall be good for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "username": "clarice", "password": "a long password", "scopes": ["articles:read", "articles:write"],
                "name": "import script", "expires_in_days": 30,
            }
        },
    )  # fmt: skip

    username: str = Field(min_length=1, max_length=150, pattern=TEXT)
    password: SecretStr = Field(min_length=1, max_length=4096)  # so that no log or traceback shows it
    scopes: list[Scope] = Field([Scope.READ, Scope.WRITE], min_length=1, max_length=len(Scope))
    name: str = Field("", max_length=100, pattern=TEXT, description="Which program uses it.")
    expires_in_days: int = Field(DEFAULT_DAYS, ge=1, le=MAX_DAYS)


class TokenItem(Schema):
    """A token, without its text."""

    id: int
    name: str
    prefix: str = Field(description="How its text begins.")
    scopes: list[Scope]
    created_at: datetime = Field(description="UTC.")
    expires_at: datetime = Field(description="UTC.")
    last_used_at: datetime | None = Field(description="UTC, to the minute.")


class TokenOut(TokenItem):
    """A new token with its text, which is shown this once."""

    token: str = Field(description="Send it as Authorization: Bearer ow_….")


class TokenList(Schema):
    """The tokens that still open something, newest first."""

    items: list[TokenItem]


@router.post(
    "/auth/login",
    response={201: TokenOut, 400: Problem, 401: Problem, 413: Problem, 415: Problem, 422: Problem, 429: Problem},
    summary="Get a token",
)
def login(request: HttpRequest, credentials: LoginIn) -> HttpResponse:
    """Answer with a token for a name and a password.

    It lends no right: a call needs the token's scope and the account's own permission. Wrong passwords are counted by
    name and address: after five, neither is tried for 15 minutes (429 with `Retry-After`).
    """
    refuse_unknown(request.GET, ())
    allowance = call_count("login", f"address:{client_address(request)}")
    if allowance is not None and allowance.exceeded:
        return problem(429, "Too many attempts to log in from this address.", headers=allowance.headers)
    user = authenticate(request, username=credentials.username, password=credentials.password.get_secret_value())
    if user is None:
        return not_authenticated("The name or the password is wrong.")
    token, raw = token_create(
        user=user, scopes=[scope.value for scope in credentials.scopes], name=credentials.name,
        days=credentials.expires_in_days,
    )  # fmt: skip
    user_logged_in.send(sender=type(user), request=request, user=user)
    return private_answer(request, {**_item(token), "token": raw}, status=201)


@router.post(
    "/auth/logout",
    auth=SIGNED_IN,
    response={204: None, 400: Problem, 401: Problem, 403: Problem, 422: Problem, 429: Problem},
    summary="End the token that is sent",
)
def logout(request: HttpRequest) -> HttpResponse:
    """Revoke the token of the call itself. A session ends where it began, in the site's own forms."""
    refuse_unknown(request.GET, ())
    refuse_body(request)
    token = signed_in(request).token
    if token is None:
        raise HttpError(422, "Send the token to end as Authorization: Bearer ow_….")
    token_revoke(token_id=token.pk, user=signed_in(request).user)
    return _done()


@router.get(
    "/auth/tokens",
    auth=SIGNED_IN,
    response={200: TokenList, 304: None, 400: Problem, 401: Problem, 403: Problem, 422: Problem, 429: Problem},
    summary="List the account's tokens",
)
def token_list(request: HttpRequest) -> HttpResponse:
    """List the tokens that still open something, without their texts."""
    refuse_unknown(request.GET, ())
    tokens = selectors.token_list(user_id=signed_in(request).user.pk, now=timezone.now())
    return private_answer(request, {"items": [_item(token) for token in tokens]})


@router.delete(
    "/auth/tokens/{int:token_id}",
    auth=SIGNED_IN,
    response={204: None, 400: Problem, 401: Problem, 403: Problem, 404: Problem, 422: Problem, 429: Problem},
    summary="End one of the account's tokens",
)
def token_end(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke a token of the account, whichever token or session asks."""
    refuse_unknown(request.GET, ())
    if not token_revoke(token_id=token_id, user=signed_in(request).user):
        raise Http404("There is no such token.")
    return _done()


def _item(token: AccessToken) -> dict[str, Any]:
    return {name: getattr(token, name) for name in TokenItem.model_fields}


def _done() -> HttpResponse:
    response = HttpResponse(status=204)
    del response["Content-Type"]
    response["Cache-Control"] = "private, no-store"
    return response
