"""The pages that list articles: all, of a category, of a tag, by an author, and the most read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, HttpResponseRedirect
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.caching import LISTS
from articles.exceptions import CursorError
from articles.models import Category, Tag
from articles.selectors import public as selectors
from articles.selectors.popular import article_popular
from articles.selectors.public import ArticlePage
from articles.site.feeds import feeds_of
from articles.site.pages import active_language, address_in, public_page
from articles.site.seo import SITE_NAME, Alternate, Data, Feed, Meta, breadcrumb_data, website_data
from omniwriter.cache import Ttl, cache_api_response

PAGE_ARTICLES = 12
POPULAR_ARTICLES = 20
NO_PAGE = "noindex, follow"
PAGED = ("before", "after")


@dataclass(frozen=True, slots=True)
class Listing:
    """What one list shows and where it is: ``args`` fill the address that ``name`` stands for."""

    name: str
    title: str
    description: str = ""
    args: tuple[object, ...] = ()
    filters: dict[str, int] | None = None
    feeds: tuple[Feed, ...] = ()
    kicker: str = ""

    def address(self, language: str) -> str:
        """Return the list's address in a language."""
        return address_in(language, self.name, *self.args)


@require_safe
@cache_api_response(name="page.list", namespaces=LISTS, params=PAGED)
def root_page(request: HttpRequest) -> HttpResponse:
    """The list in the language the reader asks for; its own address is the one below that language."""
    response = _list(request, _all())
    if response.status_code == 200:
        del response["Content-Language"]  # the middleware names it, and tells caches what it depends on
    return response


@require_safe
@cache_api_response(name="page.list", namespaces=LISTS, params=PAGED)
def article_list_page(request: HttpRequest) -> HttpResponse:
    """The published articles of a language; ``?before=`` and ``?after=`` turn the pages."""
    return _list(request, _all())


@require_safe
@cache_api_response(name="page.category", namespaces=LISTS, params=PAGED)
def category_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles of a category."""
    try:
        category = selectors.category_by_slug(slug=slug)
    except Category.DoesNotExist:
        raise Http404(_("There is no such category.")) from None
    listing = Listing(
        name="category", args=(category.slug,), title=category.name, description=category.description,
        filters={"category": category.pk}, feeds=feeds_of(category), kicker=_("Category"),
    )  # fmt: skip
    return _list(request, listing, {"section": category.slug})


@require_safe
@cache_api_response(name="page.tag", namespaces=LISTS, params=PAGED)
def tag_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The articles that carry a tag."""
    try:
        tag = selectors.tag_by_slug(slug=slug)
    except Tag.DoesNotExist:
        raise Http404(_("There is no such tag.")) from None
    description = _("Articles about %(tag)s.") % {"tag": tag.name}
    return _list(
        request,
        Listing(
            name="tag", args=(tag.slug,), title=tag.name, description=description, filters={"tag": tag.pk},
            feeds=feeds_of(None), kicker=_("Tag"),
        ),
    )  # fmt: skip


@require_safe
@cache_api_response(name="page.author", namespaces=LISTS, params=PAGED)
def author_page(request: HttpRequest, author_id: int, slug: str) -> HttpResponse:
    """The articles of an author; one without a public name has no page."""
    try:
        author = selectors.author_by_id(author_id=author_id)
    except User.DoesNotExist:
        raise Http404(_("There is no such author.")) from None
    name = author.get_full_name()
    if not name:
        raise Http404(_("There is no such author."))
    if slug != author_slug(name):
        return HttpResponsePermanentRedirect(reverse("articles:author", args=[author.pk, author_slug(name)]))
    description = _("Articles by %(author)s.") % {"author": name}
    return _list(
        request,
        Listing(
            name="author", args=(author.pk, slug), title=name, description=description,
            filters={"author": author.pk}, feeds=feeds_of(None), kicker=_("Author"),
        ),
    )  # fmt: skip


@require_safe
@cache_api_response(name="page.popular", namespaces=LISTS, ttl=Ttl.POPULAR)
def popular_page(request: HttpRequest) -> HttpResponse:
    """The most read articles of the last weeks."""
    title = _("Most read")
    listing = Listing(name="popular", title=title, description=_("What readers open most these days."))
    rows = article_popular(limit=POPULAR_ARTICLES, language=active_language())
    context = {"listing": listing, "rows": rows, "covers": selectors.covers_by_id(rows=rows), "is_popular": True}
    meta = _meta(request, listing, None)
    return public_page(request, "articles/popular.html", context, meta=meta, address=listing.address)


def author_slug(name: str) -> str:
    """Return an author's part of the address; the id before it decides."""
    return slugify(name) or "author"


def _all() -> Listing:
    title = _("Articles")
    return Listing(name="list", title=title, feeds=feeds_of(None))


def _list(request: HttpRequest, listing: Listing, extra: dict[str, Any] | None = None) -> HttpResponse:
    before, after = request.GET.get("before"), request.GET.get("after")
    language = active_language()
    try:
        page = selectors.article_list(
            limit=PAGE_ARTICLES, language=language, before=before, after=after, **(listing.filters or {})
        )
    except CursorError:
        raise Http404(_("There is no such page of the list.")) from None
    if after is not None and page.newer is None:
        return HttpResponseRedirect(listing.address(language))  # the first page is always a full one
    is_first = before is None and after is None
    context = {
        "listing": listing, "page": page, "is_first": is_first, "covers": selectors.covers_by_id(rows=page.rows),
    } | (extra or {})  # fmt: skip
    meta = _meta(request, listing, page)
    return public_page(request, "articles/list.html", context, meta=meta, address=listing.address)


def _meta(request: HttpRequest, listing: Listing, page: ArticlePage | None) -> Meta:
    absolute = request.build_absolute_uri
    here = absolute(listing.address(active_language()))
    turned = next((f"?{key}={request.GET[key]}" for key in ("after", "before") if key in request.GET), "")
    title = listing.title
    if listing.name == "list":
        title = _("Earlier articles") if turned else SITE_NAME
    return Meta(
        title=title,
        description=listing.description or _("Articles on writing, measuring and serving the web."),
        canonical=here + turned,
        robots="" if page is None or page.rows else NO_PAGE,
        alternates=() if turned else _alternates(listing, absolute),
        feeds=listing.feeds,
        previous=f"{here}?after={page.newer}" if page and page.newer else "",
        following=f"{here}?before={page.older}" if page and page.older else "",
        data=[] if turned else _data(request, listing, here),
    )


def _alternates(listing: Listing, absolute: Callable[[str], str]) -> list[Alternate]:
    links = [Alternate(code=code, url=absolute(listing.address(code))) for code in ("en", "pt-br")]
    if listing.name == "list":
        links.append(Alternate(code="x-default", url=absolute(reverse("articles:root"))))
    return links


def _data(request: HttpRequest, listing: Listing, here: str) -> list[Data]:
    language = active_language()
    if listing.name == "list":
        return [website_data(request, language=language)]
    home = request.build_absolute_uri(reverse("articles:list"))
    return [breadcrumb_data([(_("Articles"), home), (listing.title, here)])]
