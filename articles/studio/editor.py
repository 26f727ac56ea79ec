"""The editor: its page, what it saves, its preview."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from articles.access import Account, may_edit, may_read_draft
from articles.content import Content, count_words
from articles.enums import Language, Origin, RevisionKind, Status
from articles.exceptions import NotAllowedError, StaleVersionError, TransitionError
from articles.generation.choices import MAX_PASSAGE_CHARS, OPERATIONS, TONES
from articles.limits import MAX_BODY_CHARS
from articles.models import Article
from articles.rendering import excerpt_of, render_markdown
from articles.selectors.editor import article_to_edit, category_list, image_recent
from articles.services.articles import may_create
from articles.services.proposals import machine_wrote
from articles.studio.conflict import attempt_of, conflict_page
from articles.studio.entry import studio_view
from articles.studio.forms import ArticleForm, form_data, initial_of
from articles.studio.programmatic import tells_scripts
from articles.studio.saving import MalformedError, create, read_form, store, wants_json, written
from articles.studio.words import editor_words, state_words

#: These need a choice or words beside their button.
_OTHER_OPERATIONS = ("tone", "own")


@tells_scripts
@studio_view
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """The empty editor; a POST stores the first version."""
    account: Any = request.user
    if not may_create(account):
        return _refusal(request, "not_allowed", 403)
    if request.method != "POST":
        blank = form_data(Content(title="", language=_language(request)))
        return _page(request, None, ArticleForm(initial={**blank, "key": uuid.uuid4().hex}))
    return _store(request, None)


@studio_view
@require_http_methods(["GET", "HEAD"])
def editor(request: HttpRequest, article_id: int) -> HttpResponse:
    """The editor of one article; for those who may only read it, and of an archived one, without the tools."""
    article = _article(request.user, article_id)
    return _page(request, article, ArticleForm(initial=initial_of(article)))


@tells_scripts
@studio_view
@require_POST
def save(request: HttpRequest, article_id: int) -> HttpResponse:
    """Store what a form or a script sent as the next version, unless somebody saved in the meantime."""
    article = _article(request.user, article_id)
    if not may_edit(request.user, article):
        return _refusal(request, "not_allowed", 403)
    return _store(request, article)


@tells_scripts
@studio_view
@require_POST
def preview(request: HttpRequest) -> HttpResponse:
    """Return the HTML that readers would get of the text."""
    body = request.POST.get("body", "")
    if len(body) > MAX_BODY_CHARS:
        return HttpResponse(_("The text is too long to be shown."), status=422, content_type="text/plain")
    html = mark_safe(render_markdown(body))  # noqa: S308 - sanitised
    return render(request, "studio/parts/editor_preview.html", {"body": html})


def _store(request: HttpRequest, article: Article | None) -> HttpResponse:
    try:
        form, kind = read_form(request, article)
    except MalformedError as error:
        return JsonResponse({"error": "malformed", "detail": str(error)}, status=422)
    except RequestDataTooBig:
        return _refusal(request, "too_large", 413)
    if form.is_valid():
        try:
            return _saved(request, _stored(request, article, form, kind), kind)
        except ValidationError as error:
            form.add_service_error(error)
        except StaleVersionError as error:
            return _stale(request, error, form)
        except TransitionError:
            return _refusal(request, "archived", 409)
        except NotAllowedError:
            return _refusal(request, "not_allowed", 403)
    if wants_json(request):
        return JsonResponse({"error": "invalid", "errors": form.errors}, status=422)
    return _page(request, article, form, status=422)


def _stored(request: HttpRequest, article: Article | None, form: ArticleForm, kind: RevisionKind) -> Article:
    account: Any = request.user
    if article is None:
        return create(form, author=account, kind=kind)
    version = form.cleaned_data["version"] or 1
    content = written(form, article, actor=account)
    return store(article, content, version=version, actor=account, kind=kind)


def _saved(request: HttpRequest, article: Article, kind: RevisionKind) -> HttpResponse:
    address = reverse("studio:editor", args=[article.pk])
    if not wants_json(request):
        return HttpResponseRedirect(f"{address}?saved={kind.value}")
    content = article.working()
    told = {
        "id": article.pk, "version": article.version, "saved_at": timezone.now().isoformat(), "slug": content.slug,
        "words": count_words(content.body), "excerpt": excerpt_of(content.body), "state": state_words(article),
        "editor_url": address, "save_url": reverse("studio:save", args=[article.pk]),
        "read_url": article.get_absolute_url(), "origin": content.origin,
        "is_marked": _is_marked(article, content.origin),
    }  # fmt: skip
    return JsonResponse(told)


def _stale(request: HttpRequest, error: StaleVersionError, form: ArticleForm) -> HttpResponse:
    article = article_to_edit(article_id=error.article_id)
    if wants_json(request):
        address = reverse("studio:conflict", args=[article.pk])
        return JsonResponse({"error": "stale", "version": article.version, "conflict_url": address}, status=409)
    return conflict_page(request, article, attempt_of(form, article, request.user))


def _refusal(request: HttpRequest, code: str, status: int) -> HttpResponse:
    """Refuse in the asker's own terms; what a form sent can be got back with the browser's back button."""
    if wants_json(request):
        return JsonResponse({"error": code}, status=status)
    return render(request, "studio/refused.html", {"code": code}, status=status)


def _page(request: HttpRequest, article: Article | None, form: ArticleForm, *, status: int = 200) -> HttpResponse:
    is_archived = article is not None and article.status == Status.ARCHIVED
    shown = {name: form[name].value() or "" for name in form.fields}
    context = {
        "article": article,
        "form": form,
        "content": shown,
        "state": state_words(article) if article else "",
        "is_archived": is_archived,
        "is_read_only": article is not None and (is_archived or not may_edit(request.user, article)),
        "words_count": count_words(str(shown["body"])),
        "auto_excerpt": excerpt_of(str(shown["body"])),
        "categories": category_list(),
        "images": image_recent(),
        "words": editor_words(),
        "login_url": resolve_url(settings.LOGIN_URL),
        "is_saved": "saved" in request.GET,
        "tones": TONES,
        "operations": {name: choice.label for name, choice in OPERATIONS.items() if name not in _OTHER_OPERATIONS},
        "most_passage_chars": MAX_PASSAGE_CHARS,
        "is_marked": article is not None and _is_marked(article, str(shown["origin"])),
    }
    return render(request, "studio/editor.html", context, status=status)


def _article(account: Account, article_id: int) -> Article:
    """Return the article, which is not there for those who may not see what is being written."""
    try:
        article = article_to_edit(article_id=article_id)
    except Article.DoesNotExist:
        raise Http404(_("There is no such article.")) from None
    if not may_read_draft(account, article):
        raise Http404(_("There is no such article."))
    return article


def _is_marked(article: Article, origin: str) -> bool:
    """Whether an article of that label keeps being labelled as one that a machine had a part in."""
    return origin != Origin.HUMAN and machine_wrote(article.pk)


def _language(request: HttpRequest) -> str:
    code = getattr(request, "LANGUAGE_CODE", "")
    return code if code in Language.values else Language.ENGLISH.value
