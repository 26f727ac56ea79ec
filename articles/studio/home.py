"""My articles: what an account has written, the last changed first."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.access import ADD, CHANGE
from articles.enums import Language, Status
from articles.exceptions import CursorError
from articles.limits import MAX_TITLE_CHARS
from articles.selectors import studio as selectors
from articles.selectors.studio import MOST_COUNTED, WorkFilter
from articles.studio.entry import studio_view

PAGE_ARTICLES = 25


class Tab(NamedTuple):
    """A status to show, and how many articles have it."""

    label: str
    query: str
    number: str
    is_chosen: bool


@require_safe
@studio_view
def home(request: HttpRequest) -> HttpResponse:
    """The account's articles, or with ``?of=all`` everybody's, by status, language and words of the title."""
    may_see_all = request.user.has_perm(CHANGE)
    is_all = may_see_all and request.GET.get("of") == "all"
    chosen = _filter(request, None if is_all else request.user.pk)
    before, after = request.GET.get("before"), request.GET.get("after")
    try:
        page = selectors.work_list(chosen=chosen, limit=PAGE_ARTICLES, before=before, after=after)
    except CursorError:
        raise Http404(_("There is no such page of the list.")) from None
    kept = _kept(request, may_see_all=may_see_all)
    if after is not None and page.newer is None:
        return HttpResponseRedirect(f"{request.path}?{urlencode(kept)}")  # the first page is always a full one
    context = {
        "page": page, "is_all": is_all, "may_see_all": may_see_all, "may_add": request.user.has_perm(ADD),
        "chosen": chosen, "tabs": _tabs(chosen, kept), "languages": Language.choices,
        "is_filtered": bool(chosen.title or chosen.language), "kept": urlencode(kept),
        "mine_query": urlencode({**kept, "of": ""}), "all_query": urlencode({**kept, "of": "all"}),
        "clear_query": urlencode({name: value for name, value in kept.items() if name in ("of", "status")}),
    }  # fmt: skip
    return render(request, "studio/home.html", context)


def _filter(request: HttpRequest, author_id: Any) -> WorkFilter:
    """Return what the address asks for; raises Http404 for a status or language there is not."""
    status, language = request.GET.get("status", ""), request.GET.get("language", "")
    try:
        return WorkFilter(
            author_id=author_id, status=Status(status) if status else None,
            language=Language(language) if language else None,
            title=request.GET.get("q", "").replace("\x00", "").strip()[:MAX_TITLE_CHARS],
        )  # fmt: skip
    except ValueError:
        raise Http404(_("There is no such list.")) from None


def _kept(request: HttpRequest, *, may_see_all: bool) -> dict[str, str]:
    """Return the address's parameters that other pages of the list keep."""
    names = ("of", "status", "language", "q") if may_see_all else ("status", "language", "q")
    return {name: request.GET[name] for name in names if request.GET.get(name)}


def _tabs(chosen: WorkFilter, kept: dict[str, str]) -> list[Tab]:
    """Return a tab for all and one for each status, with what of the filtered articles each holds."""
    counts = selectors.work_counts(chosen=chosen)
    everything = {**kept, "status": ""}
    tabs = [Tab(_("All"), urlencode(everything), _count(sum(counts.values())), not chosen.status)]
    for status, count in counts.items():
        query = urlencode({**kept, "status": status.value})
        tabs.append(Tab(str(status.label), query, _count(count), chosen.status is status))
    return tabs


def _count(number: int) -> str:
    return f"{MOST_COUNTED}+" if number > MOST_COUNTED else str(number)
