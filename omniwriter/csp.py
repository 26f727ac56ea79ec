"""The Content-Security-Policy header (Django has none before 6.0)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

HEADER = "Content-Security-Policy"


class ContentSecurityPolicyMiddleware:
    """Adds ``CONTENT_SECURITY_POLICY`` to each answer that has no policy of its own."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self._next = get_response
        self._policy = "; ".join(f"{name} {value}" for name, value in settings.CONTENT_SECURITY_POLICY.items())
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        answer = self._next(request)
        if isinstance(answer, HttpResponseBase):
            return self._guarded(answer)
        return self._guarded_later(answer)

    async def _guarded_later(self, answer: Awaitable[HttpResponseBase]) -> HttpResponseBase:
        return self._guarded(await answer)

    def _guarded(self, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault(HEADER, self._policy)
        return response
