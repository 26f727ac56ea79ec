"""Who may watch a job: asked when a connection opens, and each minute while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

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


def standing(credential: Credential, job_id: int) -> int:
    """Return ``OK`` for who may watch the job, or the websocket's code to close with; reads the database."""
    if credential.token:
        token = token_authenticate(raw=credential.token)
        if token is None:
            return LOG_IN
        may = any(scope in token.scopes for scope in SCOPES) and job_is_visible(account=token.user, job_id=job_id)
        return OK if may else NOT_ALLOWED
    account = _account_of(credential.session)
    if not account.is_authenticated or not account.is_active:
        return LOG_IN
    return OK if job_is_visible(account=account, job_id=job_id) else NOT_ALLOWED


def _account_of(session_key: str) -> Any:
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key or None)
    return get_user(request)
