"""Who calls the API: an account with its session, or a program with one of the account's tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from ninja.errors import AuthenticationError, HttpError
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from articles.access import VIEW
from articles.models import AccessToken, Article
from articles.services.tokens import token_authenticate
from articles.tokens import SCOPES, Scope, bearer

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Caller:
    """An account, and the token it sent, whose scopes narrow what the account may do."""

    user: User
    token: AccessToken | None = None

    def has(self, scope: Scope) -> bool:
        """Whether nothing but the account's own rights stands in the way; a session has every scope."""
        return self.token is None or scope in self.token.scopes

    def sees_all_drafts(self) -> bool:
        """Whether the account may see what others have not published."""
        return self.has(Scope.READ) and self.user.has_perm(VIEW)

    def sees_draft(self, article: Article) -> bool:
        """Whether the account may see what of ``article`` is not public."""
        return self.has(Scope.READ) and (article.author_id == self.user.pk or self.user.has_perm(VIEW))


class ApiRequest(HttpRequest):
    """A request on its way through the API, with the caller that its token names."""

    token_caller: Caller | None
    auth: Caller


def caller_by_token(request: HttpRequest) -> Caller | None:
    """Return the caller that the request's token names, None without one; raises AuthenticationError for a bad one."""
    raw = bearer(request.META.get("HTTP_AUTHORIZATION", ""))  # request.headers would first make a dict of them all
    if raw is None:
        return None
    token = token_authenticate(raw=raw)
    if token is None:
        raise AuthenticationError(message="The token is unknown, expired or revoked.")
    return Caller(token.user, token)


def caller_by_session(request: HttpRequest) -> Caller | None:
    """Return the caller that is logged in, if any."""
    user = request.user
    return None if isinstance(user, AnonymousUser) else Caller(user)


def caller_of(request: HttpRequest) -> Caller | None:
    """Return the caller of a request that anybody may make."""
    return getattr(request, "token_caller", None) or caller_by_session(request)


def signed_in(request: HttpRequest) -> Caller:
    """Return the caller of an operation that takes only signed-in ones."""
    return cast("ApiRequest", request).auth


def require(request: HttpRequest, scope: Scope, permission: str = "") -> User:
    """Return the account; refuse a token without the scope, and an account without the permission."""
    caller = signed_in(request)
    if not caller.has(scope):
        raise HttpError(403, f"This token lacks the scope {scope}: it can't {SCOPES[scope]}.")
    if permission and not caller.user.has_perm(permission):
        raise HttpError(403, f"This account lacks the permission {permission}.")
    return caller.user


class AccessTokenAuth(HttpBearer):
    """``Authorization: Bearer ow_…``."""

    openapi_description = "A token of POST /api/auth/login."

    def __call__(self, request: HttpRequest) -> Any:
        """Return the caller, which was found on the way in."""
        return getattr(request, "token_caller", None)

    def authenticate(self, request: HttpRequest, token: str) -> Any:
        """Never asked: see ``__call__``."""


class SessionAuth(APIKeyCookie):
    """The site's own session, with a CSRF token on whatever changes something."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = "The site's session cookie; send the CSRF token as X-CSRFToken with every change."

    def __call__(self, request: HttpRequest) -> Any:
        """Return the caller; who is not logged in is told that before anything about CSRF."""
        caller = caller_by_session(request)
        if caller is not None and request.method not in SAFE_METHODS and check_csrf(request):
            raise HttpError(403, "The CSRF token is missing or wrong: send it in the header X-CSRFToken.")
        return caller

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:
        """Never asked: see ``__call__``."""


SIGNED_IN = [AccessTokenAuth(), SessionAuth()]
