"""The answer to a login that is locked after too many wrong passwords, by every door: a page, or the API's problem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from articles.api.problems import problem
from articles.clients import client_address

STATUS = 429
API = "/api/"


def lockout_response(
    request: HttpRequest, original: HttpResponse | None = None, credentials: Mapping[str, Any] | None = None
) -> HttpResponse:
    """Answer 429 and say when it is worth trying again."""
    seconds = _remaining_s(client_address(request), (credentials or {}).get("username"))
    if request.path.startswith(API):
        detail = f"Too many wrong passwords for this name. Try again in {math.ceil(seconds / 60)} minutes."
        return problem(STATUS, detail, headers={"Retry-After": str(seconds)})
    response = render(request, "studio/locked.html", {"cooloff_timedelta": settings.AXES_COOLOFF_TIME}, status=STATUS)
    response["Retry-After"] = str(seconds)
    response["Cache-Control"] = "private, no-store"
    return response


def _remaining_s(address: str, username: object) -> int:
    attempts = AccessAttempt.objects.filter(ip_address=address or None, username=username)
    last: datetime | None = attempts.aggregate(last=Max("attempt_time"))["last"]
    until = (last or timezone.now()) + settings.AXES_COOLOFF_TIME
    return max(1, math.ceil((until - timezone.now()).total_seconds()))
