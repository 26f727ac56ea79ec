"""GET /api/docs: the API's reference, rendered here from its own document, so it works without scripts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from articles.api.reference import groups
from articles.throttles import RATES_PER_MIN
from articles.tokens import SCOPES


def reference(request: HttpRequest) -> HttpResponse:
    """Show every operation with what it takes, what it answers and a call to copy."""
    origin = f"{request.scheme}://{request.get_host()}"
    context = {"groups": groups(origin), "origin": origin, "scopes": SCOPES.items(), "rates": RATES_PER_MIN}
    return render(request, "articles/api_docs.html", context)
