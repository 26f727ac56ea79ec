"""Requests that nothing can be made of."""

from __future__ import annotations

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.defaults import bad_request


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 to what is too large and 400 to the rest; the project's ``handler400``.

    A form is read before its view is called, to check its token, so no view could tell.
    """
    if isinstance(exception, RequestDataTooBig):
        # Without the request: its form can't be read, nor perhaps its host.
        return HttpResponse(render_to_string("413.html"), status=413)
    return bad_request(request, exception)
