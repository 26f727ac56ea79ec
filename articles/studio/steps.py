"""The steps on an article's way, taken by a button; every refusal is a page that says what was kept and what to do."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles.access import actions_for, may_read_draft
from articles.enums import Action
from articles.exceptions import ArticleError, NotAllowedError, StaleVersionError, TransitionError
from articles.models import Article
from articles.selectors import studio as selectors
from articles.services import publishing
from articles.studio.entry import studio_view
from articles.studio.step_forms import ASKS, StepForm, verb
from articles.studio.undo import remember, undo_tags
from articles.wording import DONE

_SERVICES: dict[Action, Callable[..., Article]] = {
    Action.SUBMIT: publishing.article_submit,
    Action.WITHDRAW: publishing.article_withdraw,
    Action.RETURN: publishing.article_return,
    Action.APPROVE: publishing.article_approve,
    Action.SCHEDULE: publishing.article_schedule,
    Action.UNSCHEDULE: publishing.article_unschedule,
    Action.PUBLISH: publishing.article_publish,
    Action.UNPUBLISH: publishing.article_unpublish,
    Action.DISCARD: publishing.changes_discard,
    Action.ARCHIVE: publishing.article_archive,
    Action.RESTORE: publishing.article_restore,
}
_STATUS_CODES = {NotAllowedError: 403, StaleVersionError: 409, TransitionError: 409}


@require_http_methods(["GET", "POST"])
@studio_view
def step(request: HttpRequest, article_id: int) -> HttpResponse:
    """Take the step and go back to where it was asked for; a GET, as after a login, goes to the article."""
    article = article_for(request, article_id)
    if request.method == "GET":
        return redirect("studio:editor", article_id)
    form = StepForm(request.POST)
    if not form.is_valid():
        return _refusal(request, article, form, status=422)
    action, before = Action(form.cleaned_data["action"]), remember(article)
    try:
        changed = _take(action, article_id, request.user, form.cleaned_data)
    except ValidationError as error:
        _add_errors(form, error)
        return _refusal(request, article, form, status=422)
    except ArticleError as error:
        return _refusal(request, article_for(request, article_id), form, status=_STATUS_CODES[type(error)], error=error)
    tags = undo_tags(action=action, before=before, article=changed, account=request.user)
    messages.success(request, str(DONE[action]) % {"title": changed.title}, extra_tags=tags)
    return redirect(next_page(request) or reverse("studio:editor", args=[article_id]))


def article_for(request: HttpRequest, article_id: int) -> Article:
    """Return an article this account may see, with its draft; raises Http404."""
    try:
        article = selectors.article_of_studio(article_id=article_id)
    except Article.DoesNotExist:
        raise Http404(_("There is no such article.")) from None
    if not may_read_draft(request.user, article):
        raise Http404(_("There is no such article."))
    return article


def next_page(request: HttpRequest) -> str:
    """Return the page of this site that the form wants to come back to."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else ""


def _take(action: Action, article_id: int, actor: Any, told: dict[str, Any]) -> Article:
    service = partial(_SERVICES[action], article_id=article_id, actor=actor, version=told["version"])
    return service(**{name: told[name] for name in ASKS.get(action, ())})


def _add_errors(form: StepForm, error: ValidationError) -> None:
    """Put what the service refused beside its field; what is wrong with the article itself stands above the form."""
    for name, errors in error.message_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def _refusal(
    request: HttpRequest, article: Article, form: StepForm, *, status: int, error: ArticleError | None = None
) -> HttpResponse:
    """Say why the step was not taken, with what was filled in and a way on."""
    asked = form.data.get("action", "")
    action = Action(asked) if asked in _SERVICES else None
    asks = ASKS.get(action, ()) if action else ()
    is_stale = isinstance(error, StaleVersionError)
    context = {
        "article": article, "form": form, "action": action, "verb": verb(action, article) if action else "",
        "error": error, "is_stale": is_stale, "is_forbidden": isinstance(error, NotAllowedError),
        "fields": [form[name] for name in asks], "next": next_page(request),
        "may_retry": (asks or is_stale) and action in actions_for(request.user, article),
    }  # fmt: skip
    return render(request, "studio/step.html", context, status=status)
