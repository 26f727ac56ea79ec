"""The public pages: the list and the article."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.access import may_read
from articles.enums import Language
from articles.exceptions import CursorError
from articles.models import Article
from articles.rendering import render_markdown
from articles.selectors import public as selectors

PAGE_ARTICLES = 12


@require_safe
def article_list_page(request: HttpRequest) -> HttpResponse:
    """The published articles in the reader's language; ``?before=`` and ``?after=`` turn the pages."""
    before, after = request.GET.get("before"), request.GET.get("after")
    language = _reader_language()
    try:
        page = selectors.article_list(limit=PAGE_ARTICLES, language=language, before=before, after=after)
    except CursorError:
        raise Http404(_("There is no such page of the list.")) from None
    if after is not None and page.newer is None:
        return HttpResponseRedirect(reverse("articles:list"))  # the first page is always a full one
    context = {"page": page, "is_first": before is None and after is None, "language": language}
    return render(request, "articles/list.html", context)


@require_safe
def article_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One article; a draft only for those who may see drafts."""
    try:
        article = selectors.article_by_slug(slug=slug)
    except Article.DoesNotExist:
        raise Http404(_("There is no such article.")) from None
    if not may_read(request.user, article):
        raise Http404(_("There is no such article."))
    context = {"article": article, "body": mark_safe(render_markdown(article.body))}  # noqa: S308 - sanitised
    response = render(request, "articles/detail.html", context)
    if not article.is_public:
        response["Cache-Control"] = "private, no-store"
    return response


def _reader_language() -> Language:
    code = get_language()
    return Language(code) if code in Language.values else Language.ENGLISH
