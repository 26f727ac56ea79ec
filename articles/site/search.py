"""The search page."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.selectors.search import SearchPage, article_search
from articles.site.lists import NO_PAGE
from articles.site.pages import active_language, address_in, public_page, set_private
from articles.site.seo import Meta

PAGE_HITS = 20
MAX_PAGES = 25  # a search engine ranks everything that precedes a page, so each costs more than the one before
MAX_QUERY_CHARS = 200


@require_safe
def search_page(request: HttpRequest) -> HttpResponse:
    """What is found for ``?q=`` among the published articles of the page's language; ``?page=`` turns the pages."""
    query = " ".join(request.GET.get("q", "").replace("\x00", " ").split())[:MAX_QUERY_CHARS]
    number = _page_number(request.GET.get("page", "1"))
    language = active_language()
    found, problem = SearchPage(hits=[], has_more=False), ""
    if query:
        try:
            found = article_search(query=query, language=language, limit=PAGE_HITS, offset=(number - 1) * PAGE_HITS)
        except ValidationError as error:
            problem = " ".join(error.messages)
    title = _("Search: %(query)s") % {"query": query} if query else _("Search")
    context = {
        "query": query,
        "problem": problem,
        "hits": found.hits,
        "number": number,
        "previous": number - 1,
        "following": number + 1 if found.has_more and number < MAX_PAGES else 0,
    }
    here = request.build_absolute_uri(address_in(language, "search"))
    meta = Meta(title=title, canonical=here, robots=NO_PAGE)
    response = public_page(
        request, "articles/search.html", context, meta=meta, address=lambda code: address_in(code, "search")
    )
    set_private(response)  # what somebody looks for is nobody else's, and has no end of addresses
    return response


def _page_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and 1 <= int(text) <= MAX_PAGES):
        raise Http404(_("There is no such page of the list."))
    return int(text)
