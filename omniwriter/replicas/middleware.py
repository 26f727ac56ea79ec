"""A request as a piece of work: what its reader has committed before, it sees; what it commits, the next one sees.

A browser is told by a signed cookie. A token has its mark on Valkey, and so has a session, for what tasks and
websockets commit in its name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.deprecation import MiddlewareMixin

from omniwriter.replicas import monitor, pins
from omniwriter.replicas.lsn import format_lsn, parse_lsn
from omniwriter.replicas.marks import KEPT_S, MarksAwayError, get_mark, owner_of, put_mark
from omniwriter.replicas.servers import replica_aliases

COOKIE = "omni_committed"
_signer = signing.Signer(salt="omniwriter.replicas")


class PinMiddleware(MiddlewareMixin):
    """Has readers see their own writes; does not exist without replicas. Before the sessions' middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        if not replica_aliases():
            raise MiddlewareNotUsed
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        """Begin the work with what its reader has committed before."""
        token = request.headers.get("Authorization", "")
        session = request.COOKIES.get(settings.SESSION_COOKIE_NAME, "")
        owner = owner_of("token", token) if token else owner_of("session", session) if session else ""
        work = pins.Work(needs=cookie_place(request.COOKIES), whole=True, owner=owner)
        if owner:
            try:
                work.needs = max(work.needs, get_mark(owner))
            except MarksAwayError:
                work.primary = bool(token)  # nothing else tells; a session has the cookie
        request.META["omniwriter.work"] = (work, pins.enter(work))

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Keep the admin on the primary: who edits a row must see it as it is."""
        match = request.resolver_match
        work = pins.current()
        if work is not None and match is not None and "admin" in match.app_names:
            work.primary = True

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """End the work, and tell the browser what it has committed."""
        work, begun = request.META.pop("omniwriter.work", (None, None))
        if work is None:
            return response
        committed = work.settle()
        pins.leave(begun)
        if committed is None:
            _forget_when_replayed(request, response)
        elif "Authorization" not in request.headers:
            _remember(response, committed)
        elif work.owner:
            _mark(work.owner, committed)
        return response


def cookie_place(cookies: dict[str, str]) -> int:
    """Return the place that a browser's cookie tells; 0 without one, or with one that is not ours."""
    given = cookies.get(COOKIE)
    if not given:
        return 0
    try:
        return parse_lsn(_signer.unsign(given))
    except (signing.BadSignature, ValueError):
        return 0


def _remember(response: HttpResponseBase, lsn: int) -> None:
    response.set_cookie(
        COOKIE,
        _signer.sign(format_lsn(lsn)),
        max_age=KEPT_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def _forget_when_replayed(request: HttpRequest, response: HttpResponseBase) -> None:
    given = request.COOKIES.get(COOKIE)
    if not given or "public" in response.headers.get("Cache-Control", ""):  # others get that answer, too
        return
    if monitor.rotation.all_replayed(cookie_place(request.COOKIES)):
        response.delete_cookie(COOKIE, samesite="Lax")
        patch_vary_headers(response, ("Cookie",))


def _mark(owner: str, lsn: int) -> None:
    try:
        put_mark(owner, lsn)
    except MarksAwayError:
        return
