"""The sitemap: an index of pages, each bounded whatever the number of articles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.caching import LISTS
from articles.enums import Language
from articles.selectors import sitemap as selectors
from articles.site.lists import author_slug
from articles.site.pages import address_in, set_public
from articles.site.seo import Alternate
from omniwriter.cache import cache_api_response

XML = "application/xml"


@dataclass(frozen=True, slots=True)
class Location:
    """One address of the sitemap, with the same page in each language when it has one."""

    path: str
    changed_at: datetime | None = None
    alternates: tuple[Alternate, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of pages: which numbers its pages have, and what stands on one."""

    numbers: Callable[[], list[int]]
    locations: Callable[[int], Iterator[Location]]


@require_safe
@cache_api_response(name="page.sitemap", namespaces=LISTS)
def sitemap_index(request: HttpRequest) -> HttpResponse:
    """The list of the sitemap's pages; it counts nothing and reads no article."""
    pages = [(name, number) for name, section in SECTIONS.items() for number in section.numbers()]
    urls = [request.build_absolute_uri(reverse("articles:sitemap_section", args=page)) for page in pages]
    return _answer(request, "articles/sitemap_index.xml", {"urls": urls})


@require_safe
@cache_api_response(name="page.sitemap", namespaces=LISTS)
def sitemap_section(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One page of the sitemap."""
    section = SECTIONS.get(name)
    locations = list(section.locations(number)) if section and number < _MAX_NUMBER else []
    if not locations:
        raise Http404(_("There is no such page of the list."))
    context = {"locations": locations, "origin": request.build_absolute_uri("/").rstrip("/")}
    return _answer(request, "articles/sitemap.xml", context)


_MAX_NUMBER = 2**63 // selectors.PAGE_IDS  # ids past it overflow the database's integers


def _answer(request: HttpRequest, template: str, context: Mapping[str, object]) -> HttpResponse:
    response = render(request, template, dict(context), content_type=XML)
    set_public(response)
    response["Content-Language"] = Language.ENGLISH.value  # nothing in it is in any
    return response


def _in_each_language(name: str, *args: object) -> Iterator[Location]:
    alternates = tuple(Alternate(code=code, url=address_in(code, name, *args)) for code in Language.values)
    for alternate in alternates:
        yield Location(path=alternate.url, alternates=alternates)


def _lists(number: int) -> Iterator[Location]:
    if number == 0:
        for name in ("list", "popular"):
            yield from _in_each_language(name)
        for slug in selectors.category_slugs():
            yield from _in_each_language("category", slug)


def _articles(number: int) -> Iterator[Location]:
    # A slug is the same in a URL, so one reversal serves all: one each takes a third of the answer's time.
    head, _slug, tail = reverse("articles:detail", args=["any"]).rpartition("any")
    for slug, changed_at in selectors.article_locations(page=number):
        yield Location(path=f"{head}{slug}{tail}", changed_at=changed_at)


def _tags(number: int) -> Iterator[Location]:
    for slug in selectors.tag_slugs(page=number):
        yield from _in_each_language("tag", slug)


def _authors(number: int) -> Iterator[Location]:
    for author_id, name in selectors.author_names(page=number):
        yield from _in_each_language("author", author_id, author_slug(name))


SECTIONS = {
    "lists": Section(numbers=lambda: [0], locations=_lists),
    "articles": Section(numbers=lambda: selectors.sitemap_pages(selectors.articles_public()), locations=_articles),
    "tags": Section(numbers=lambda: selectors.sitemap_pages(selectors.tags_public()), locations=_tags),
    "authors": Section(numbers=lambda: selectors.sitemap_pages(selectors.authors_public()), locations=_authors),
}
