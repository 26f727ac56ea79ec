"""Who may watch a job: asked when a connection opens, and each minute while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest

from articles.generation.selectors import job_is_visible
from articles.services.tokens import token_authenticate
from articles.tokens import Scope

OK, LOG_IN, NOT_ALLOWED = 0, 4401, 4403
RECHECK_S = 60.0
SCOPES = (Scope.READ, Scope.GENERATE)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a connection was opened with: a program's token, or else a session's key."""

    token: str = field(default="", repr=False)
    session: str = field(default="", repr=False)


def session_of(scope: Mapping[str, Any]) -> Credential:
    """Return what the session of a websocket is found by again."""
    return Credential(session=getattr(scope.get("session"), "session_key", None) or "")


class Standing(NamedTuple):
    """``code`` is ``OK`` for who may watch, or the websocket's code to close with; ``account_id`` is 0 for nobody."""

    code: int
    account_id: int = 0


def standing(credential: Credential, job_id: int) -> Standing:
    """Return how somebody stands to a job; reads the database."""
    if credential.token:
        token = token_authenticate(raw=credential.token)
        if token is None:
            return Standing(LOG_IN)
        if not any(scope in token.scopes for scope in SCOPES):
            return Standing(NOT_ALLOWED, token.user_id)
        account: Any = token.user
    else:
        account = _account_of(credential.session)
    if not account.is_authenticated or not account.is_active:
        return Standing(LOG_IN)
    return Standing(OK if job_is_visible(account=account, job_id=job_id) else NOT_ALLOWED, account.pk)


def _account_of(session_key: str) -> Any:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key or None)
    return get_user(request)
