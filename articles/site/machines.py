"""What crawlers read before any page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from articles.enums import Language
from articles.site.pages import address_in, set_public

#: Not for readers without an account, or without end.
_KEPT_OUT = ("/admin/", "/studio/", "/api/", "/dashboard")


@require_safe
def robots_txt(request: HttpRequest) -> HttpResponse:
    """Where crawlers may go, and where the sitemap is."""
    searches = [address_in(code, "search") for code in Language.values]
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in (*_KEPT_OUT, *searches)), "Allow: /", ""]
    sitemap = request.build_absolute_uri(reverse("articles:sitemap"))
    response = HttpResponse("\n".join([*lines, f"Sitemap: {sitemap}", ""]), content_type="text/plain; charset=utf-8")
    set_public(response)
    response["Content-Language"] = Language.ENGLISH.value
    return response
