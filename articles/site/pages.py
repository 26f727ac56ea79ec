"""What every public page has: the frame, the reader when there is one, and what caches may do with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from articles.enums import Language
from articles.selectors.public import category_list
from articles.site.seo import Meta

#: Kept by any cache, asked for again each time: an article that was taken back is gone at once.
PUBLIC = "public, no-cache"
#: For caches of the site's owner, which know this header (RFC 9213) and can drop by Surrogate-Key what has changed.
CDN = "max-age=10, stale-while-revalidate=60"
PRIVATE = "private, no-store"


@dataclass(frozen=True, slots=True)
class LanguageLink:
    """A page's equivalent in one of the site's languages."""

    code: str
    name: str
    url: str
    is_current: bool


def active_language() -> Language:
    """Return the language this request is answered in."""
    code = translation.get_language()
    return Language(code) if code in Language.values else Language.ENGLISH


def address_in(language: str, name: str, *args: object) -> str:
    """Return a page's address in a language, whichever is active."""
    with translation.override(language):
        return reverse(f"articles:{name}", args=args)


def language_links(language: str, address: Callable[[str], str]) -> list[LanguageLink]:
    """Return a link for each language; ``address`` says where the page's equivalent in it is."""
    return [
        LanguageLink(code=code.value, name=code.label, url=address(code.value), is_current=code == language)
        for code in Language
    ]


def reader_of(request: HttpRequest) -> AbstractBaseUser | None:
    """Return who is logged in; without a session cookie nothing is read, so any cache may keep the page."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    user = request.user
    return user if isinstance(user, AbstractBaseUser) else None


def public_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    meta: Meta,
    address: Callable[[str], str],
) -> HttpResponse:
    """Return a page of the site in the active language; one query for the header's categories.

    ``address`` says where the page's equivalent in each language is.
    """
    language = active_language()
    reader = reader_of(request)
    frame = {
        "meta": meta,
        "reader": reader,
        "language": language,
        "language_links": language_links(language, address),
        "sections": category_list(language=language),
    }
    response = render(request, template, frame | context)
    response["Content-Language"] = language
    set_public(response)
    patch_vary_headers(response, ("Cookie",))  # who is logged in gets a page of their own
    if reader:
        set_private(response)
    return response


def set_public(response: HttpResponse) -> None:
    """Let any cache keep the answer."""
    response["Cache-Control"], response["CDN-Cache-Control"] = PUBLIC, CDN


def set_private(response: HttpResponse) -> None:
    """Let no cache keep the answer."""
    response["Cache-Control"] = PRIVATE
    response.headers.pop("CDN-Cache-Control", None)
