"""Which language a page is in: the one its address names, or else the one the reader asks for."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers


class LanguageMiddleware(LocaleMiddleware):
    """Django's, for a site whose apps bring addresses below a language themselves.

    Django's own looks for such addresses in the project's list only, and tells caches that every page depends on the
    reader's language. Here a view that sets ``Content-Language`` has chosen the language by its address, too.
    """

    def process_request(self, request: HttpRequest) -> None:
        """Activate the language for this request."""
        translation.activate(translation.get_language_from_request(request, check_path=True))
        request.LANGUAGE_CODE = translation.get_language()

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Name the answer's language, and say so when another reader may get it in another."""
        has_words = not response.headers.get("Content-Type", "").startswith("image/")
        if has_words and "Content-Language" not in response.headers:
            response.headers["Content-Language"] = translation.get_language() or ""
            if translation.get_language_from_path(request.path_info) is None:
                patch_vary_headers(response, ("Accept-Language",))
        return response
