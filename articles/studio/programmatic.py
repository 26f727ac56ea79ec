"""Answers for the studio's scripts: a page that is made for people tells a script nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import resolve_url

_Parameters = ParamSpec("_Parameters")
SCRIPT_HEADER = "X-Requested-With"


def tells_scripts(
    view: Callable[Concatenate[HttpRequest, _Parameters], HttpResponse],
) -> Callable[Concatenate[HttpRequest, _Parameters], HttpResponse]:
    """Answer a script whose session has ended with 401 instead of a redirect to a login page it can't show."""

    @wraps(view)
    def told(request: HttpRequest, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs) -> HttpResponse:
        is_script = request.content_type == "application/json" or SCRIPT_HEADER in request.headers
        if is_script and not request.user.is_authenticated:
            return JsonResponse({"error": "log_in", "login_url": resolve_url(settings.LOGIN_URL)}, status=401)
        return view(request, *args, **kwargs)

    return told
