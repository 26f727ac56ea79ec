"""The door in front of every page: log in first, then the right to see it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from perfmon.access import LOADTEST_PERMISSION, may_loadtest, may_view

Args = ParamSpec("Args")


def viewers_only(view: Callable[Concatenate[HttpRequest, Args], HttpResponse]) -> Callable[..., HttpResponse]:
    """Send visitors to the login and back, and answer 403 with a page to those who may not see the dashboard."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if not may_view(request.user):
            return render(request, "perfmon/forbidden.html", {"name": request.user.get_username()}, status=403)
        return view(request, *args, **kwargs)

    return guarded


def testers_only(view: Callable[Concatenate[HttpRequest, Args], HttpResponse]) -> Callable[..., HttpResponse]:
    """As ``viewers_only``, and answer 403 with a page to those who may look at load tests but not start or end them."""

    @viewers_only
    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Args.args, **kwargs: Args.kwargs) -> HttpResponse:
        if not may_loadtest(request.user):
            context = {"name": request.user.get_username(), "permission": LOADTEST_PERMISSION}
            return render(request, "perfmon/forbidden_loadtest.html", context, status=403)
        return view(request, *args, **kwargs)

    return guarded
