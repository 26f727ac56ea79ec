"""Advice on a text, for the editor's panel."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from articles.access import may_read_draft
from articles.content import Content, count_words
from articles.enums import Language
from articles.limits import MAX_BODY_CHARS
from articles.models import Article
from articles.quality.hints import Hint, hints_of
from articles.quality.readability import reading_ease
from articles.quality.reading import Reading
from articles.studio.entry import studio_view

_FIELDS = ("title", "body", "language", "excerpt", "seo_title", "seo_description")
_MAX_ID_DIGITS = 18
#: Hints that speak of a field are left out when nobody said what is in it.
_ABOUT = {"frame.no_category": "category", "frame.no_excerpt": "excerpt"}


@require_POST
@studio_view
def hints(request: HttpRequest) -> HttpResponse:
    """The advice on what is being written, as a piece of a page.

    It takes a form or JSON with ``title``, ``body``, ``language`` and what else of a Content is known; ``article`` is
    the id of the article, whose stored fields stand in for those left out.
    """
    given = _given(request)
    if given is None:
        return HttpResponse(_("This is not a form, nor a JSON object with texts."), status=400)
    article = _article(request, given)
    content = _content(given, article)
    if len(content.body) > MAX_BODY_CHARS or content.language not in Language.values:
        return render(request, "studio/parts/hints.html", {"is_too_long": True}, status=422)
    reading = Reading(content, article.pk if article else None)
    found = [hint for hint in hints_of(reading) if article or _ABOUT.get(hint.code, "body") in {*given, "body"}]
    context = {"topics": _by_topic(found), "words": count_words(content.body), "ease": _rounded(reading_ease(reading))}
    return render(request, "studio/parts/hints.html", context)


def topic_names() -> dict[str, str]:
    """Return how each topic is called, in the order they are shown."""
    return {
        "archive": _("The archive"),
        "length": _("Length"),
        "frame": _("Title and description"),
        "headings": _("Headings"),
        "readability": _("Readability"),
        "repetition": _("Repetition"),
        "images": _("Images"),
        "links": _("Links"),
    }


def _given(request: HttpRequest) -> dict[str, Any] | None:
    if request.content_type != "application/json":
        return request.POST.dict()
    try:
        given = orjson.loads(request.body)  # which refuses lone surrogates: no answer could repeat them
    except ValueError:
        return None
    return given if isinstance(given, dict) and all(isinstance(given.get(name, ""), str) for name in _FIELDS) else None


def _article(request: HttpRequest, given: dict[str, Any]) -> Article | None:
    """Return the article that is being written; raises Http404 when the account may not read it."""
    asked = str(given.get("article") or "")
    if not asked:
        return None
    if not (asked.isascii() and asked.isdecimal() and len(asked) <= _MAX_ID_DIGITS):
        raise Http404
    article = Article.objects.select_related("draft").filter(pk=int(asked)).first()
    if article is None or not may_read_draft(request.user, article):
        raise Http404
    return article


def _content(given: dict[str, Any], article: Article | None) -> Content:
    before = article.working() if article else Content(title="")
    written = {name: given[name] for name in _FIELDS if name in given}
    content = replace(before, **written)
    if "category" in given:  # of it only matters whether there is one
        content = replace(content, category_id=0 if given["category"] else None)
    return content


def _by_topic(found: list[Hint]) -> list[tuple[str, list[Hint]]]:
    names = topic_names()
    order = list(names)
    ranked = sorted(found, key=lambda hint: (order.index(hint.topic), hint.line or 0))
    return [(names[topic], list(group)) for topic, group in groupby(ranked, key=lambda hint: hint.topic)]


def _rounded(ease: float | None) -> int | None:
    return None if ease is None else max(0, min(100, round(ease)))
