"""What a visitor is told when a page could not be made: that the database is away for the moment, or that it failed."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.defaults import server_error

from articles.outages import RETRY_AFTER_S, is_outage


def failure_page(request: HttpRequest) -> HttpResponse:
    """Answer for Django's ``handler500``: 503 with Retry-After while the database can't be reached, 500 otherwise."""
    if not is_outage(sys.exc_info()[1]):
        return server_error(request)
    response = render(request, "503.html", status=503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return response
