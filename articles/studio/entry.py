"""The studio's door: who comes in, and in whose time zone the pages are written."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from articles.access import may_write

ZONE_COOKIE = "studio_zone"
_Parameters = ParamSpec("_Parameters")


def studio_view(
    view: Callable[Concatenate[HttpRequest, _Parameters], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _Parameters], HttpResponse]:
    """Let in who may write, review or publish; send others to the login, or tell them what to ask for.

    The page is written in the browser's time zone, once a script has told it in a cookie, and in UTC before.
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs) -> HttpResponse:
        if not may_write(request.user):
            return render(request, "studio/forbidden.html", status=403)
        with timezone.override(browser_zone(request.COOKIES.get(ZONE_COOKIE, ""))):
            return view(request, *args, **kwargs)

    return never_cache(login_required(guarded))


def browser_zone(name: str) -> zoneinfo.ZoneInfo:
    """Return the zone of this name; UTC for one that this machine doesn't know."""
    return known_zone(name) or zoneinfo.ZoneInfo("UTC")


def known_zone(name: str) -> zoneinfo.ZoneInfo | None:
    """Return the zone of this name, UTC for an empty one; None when this machine doesn't know it."""
    try:
        return zoneinfo.ZoneInfo(name or "UTC")
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None
