"""When two saved the same article: what each changed side by side, and one text made of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.access import may_edit
from articles.content import Content
from articles.exceptions import ArticleError, StaleVersionError
from articles.merging import Choice, Merge, merge_content
from articles.models import Article
from articles.selectors.editor import article_to_edit, content_at, last_writer_name
from articles.services.merging import conflict_merge
from articles.studio.conflict_places import places_of, problems_of, script_data
from articles.studio.entry import studio_view
from articles.studio.forms import ArticleForm, as_written, form_data
from articles.studio.presence import announce_saved
from articles.studio.saving import written

_MINE = "mine-"
_CHOICES = {choice.value: choice for choice in Choice}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one writer brings to a merge: the version started from, the text, and what was decided so far."""

    base_version: int
    mine: Content
    choices: Mapping[int, Choice]
    body: str | None = None  # the result as edited by hand
    errors: Mapping[str, Sequence[str]] | None = None


@studio_view
@require_http_methods(["GET", "HEAD", "POST"])
def conflict(request: HttpRequest, article_id: int) -> HttpResponse:
    """Show the merge of what the editor sent, show it again with the choices made, or save what came of it."""
    article = _editable(request, article_id)
    if request.method != "POST":
        return HttpResponseRedirect(reverse("studio:editor", args=[article_id]))
    step = request.POST.get("do", "compare")
    if step == "compare":
        form = ArticleForm(request.POST)
        return conflict_page(request, article, attempt_of(form, article, request.user))
    return _decide(request, article, is_saving=step == "save")


def attempt_of(form: ArticleForm, article: Article, account: Any) -> Attempt:
    """Return what an editor's form brings, however invalid: nothing that was typed is dropped."""
    if not form.is_valid():
        kept = {name: str(form.data.get(name, "")) for name in form_data(Content(title=""))}
        return Attempt(_version(form.data.get("version")), _content(kept), {})
    return Attempt(form.cleaned_data["version"] or 1, written(form, article, actor=account), {})


def conflict_page(request: HttpRequest, article: Article, attempt: Attempt, *, status: int = 409) -> HttpResponse:
    """Show both sides of each conflict, the choices, and the text that comes of them."""
    merge = _merge(article, attempt)
    chosen = [attempt.choices.get(number, Choice.MINE) for number in range(len(merge.conflicts))]
    errors = attempt.errors or {}
    places = places_of(merge, attempt.choices, errors)
    context = {
        "article": article,
        "places": places,
        "text_places": sum(place.conflict.is_text for place in places),
        "body": merge.body(chosen) if attempt.body is None else attempt.body,
        "applied": ",".join(chosen),
        "merge_data": script_data(merge),
        "mine": {f"{_MINE}{name}": value for name, value in form_data(attempt.mine).items()},
        "base_version": attempt.base_version,
        "their_name": last_writer_name(article=article),
        "result": merge.settled,
        "problems": problems_of(errors),
    }
    return render(request, "studio/conflict.html", context, status=422 if errors else status)


def _decide(request: HttpRequest, article: Article, *, is_saving: bool) -> HttpResponse:
    data = request.POST
    mine = _content({name: data.get(f"{_MINE}{name}", "") for name in form_data(Content(title=""))})
    version = _version(data.get("version"))
    attempt = Attempt(_version(data.get("base_version")), mine, _choices(data))
    if version != article.version:  # somebody saved again: what came of this merge is what I bring to the next
        old = _merge(article, attempt, theirs=content_at(article=article, version=version))
        return conflict_page(request, article, Attempt(version, _result(old, attempt, data), {}))
    merge = _merge(article, attempt)
    content = _result(merge, attempt, data)
    attempt = replace(attempt, body=content.body)
    if not is_saving:
        return conflict_page(request, article, attempt)
    if errors := _undecided(merge, attempt, data):
        return conflict_page(request, article, replace(attempt, errors=errors))
    return _save(request, article, attempt, content)


def _save(request: HttpRequest, article: Article, attempt: Attempt, content: Content) -> HttpResponse:
    account: Any = request.user
    try:
        saved = conflict_merge(article_id=article.pk, content=content, version=article.version, actor=account)
    except StaleVersionError as error:
        return conflict_page(request, _editable(request, article.pk), Attempt(error.given, content, {}))
    except ValidationError as error:
        return conflict_page(request, article, replace(attempt, errors=error.message_dict))
    except ArticleError as error:
        return conflict_page(request, article, replace(attempt, errors={"": [str(error)]}))
    announce_saved(article_id=saved.pk, version=saved.version, account=account)
    return HttpResponseRedirect(f"{reverse('studio:editor', args=[saved.pk])}?saved=merge")


def _editable(request: HttpRequest, article_id: int) -> Article:
    try:
        article = article_to_edit(article_id=article_id)
    except Article.DoesNotExist:
        raise Http404(_("There is no such article.")) from None
    if not may_edit(request.user, article):
        raise Http404(_("There is no such article."))
    return article


def _merge(article: Article, attempt: Attempt, theirs: Content | None = None) -> Merge:
    theirs = as_written(theirs or article.working())
    base = content_at(article=article, version=attempt.base_version)
    # Without the text it started from, nothing of mine may pass for unchanged: every difference is asked about.
    return merge_content(as_written(base) if base else Content(title=""), theirs, attempt.mine)


def _result(merge: Merge, attempt: Attempt, data: Mapping[str, str]) -> Content:
    """Return the merged content: as decided, and where the text was edited by hand, as edited."""
    chosen = [attempt.choices.get(number, Choice.MINE) for number in range(len(merge.conflicts))]
    content = merge.resolved(chosen)
    if _is_edited(merge, data):
        content = replace(content, body=_text(data.get("body", "")))
    return content


def _is_edited(merge: Merge, data: Mapping[str, str]) -> bool:
    """Whether the text is another than the one the page made of the choices it last applied."""
    applied = [_CHOICES[word] for word in data.get("applied", "").split(",") if word in _CHOICES]
    if "body" not in data or len(applied) != len(merge.conflicts):
        return "body" in data
    return _text(data["body"]) != merge.body(applied)


def _undecided(merge: Merge, attempt: Attempt, data: Mapping[str, str]) -> dict[str, list[str]]:
    needed = [
        number
        for number, conflict in enumerate(merge.conflicts)
        if number not in attempt.choices and not (conflict.is_text and _is_edited(merge, data))
    ]
    return {f"choice-{number}": [_("Choose what to keep here.")] for number in needed}


def _choices(data: Mapping[str, str]) -> dict[int, Choice]:
    found = {}
    for name, value in data.items():
        number = name.removeprefix("choice-")
        if number != name and number.isdecimal() and len(number) < 6 and value in _CHOICES:
            found[int(number)] = _CHOICES[value]
    return found


def _content(texts: Mapping[str, str]) -> Content:
    """Return what the page kept of my side; it came from the editor's form and is checked when it is saved."""
    form = ArticleForm(texts)
    form.is_valid()
    data = {"title": "", "body": "", "slug": "", "excerpt": "", "tags": "", "category": None, "cover": None} | (
        form.cleaned_data
    )
    for name in ("language", "origin", "seo_title", "seo_description"):
        data.setdefault(name, "")
    form.cleaned_data = data
    return form.content()


def _text(sent: str) -> str:
    return sent.replace("\r\n", "\n")


def _version(sent: object) -> int:
    text = str(sent or "")
    return min(int(text), 2**31 - 1) if text.isdecimal() and len(text) < 12 else 1
