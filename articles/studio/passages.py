"""Editing with a model: the editor's script starts a job, follows it, stops it, and asks what it proposes.

Nothing here changes an article. A proposal gets into the text by the hand of whoever accepts it, and is saved with it.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from articles.access import Account, is_writable, may_edit, may_read_draft
from articles.enums import GenerationKind, Language
from articles.generation.choices import MAX_PASSAGE_CHARS
from articles.generation.errors import BudgetError
from articles.generation.jobs import job_cancel, job_start
from articles.generation.selectors import job_get
from articles.models import Article, GenerationJob
from articles.selectors.editor import article_to_edit
from articles.services.articles import may_create
from articles.studio.entry import studio_view
from articles.studio.passage_forms import PassageForm, SuggestionForm, WishForm
from articles.studio.programmatic import tells_scripts
from articles.studio.proposals import changes, hindrance, told
from articles.studio.saving import MalformedError, read_json

_KINDS = (GenerationKind.EDIT, GenerationKind.SUGGEST)


@tells_scripts
@studio_view
@require_POST
def edit(request: HttpRequest) -> JsonResponse:
    """Start a job that does a passage anew; the fields are those of ``PassageForm``, as JSON."""
    return _start(request, PassageForm)


@tells_scripts
@studio_view
@require_POST
def suggest(request: HttpRequest) -> JsonResponse:
    """Start a job that suggests texts for a field; the fields are those of ``SuggestionForm``, as JSON."""
    return _start(request, SuggestionForm)


@tells_scripts
@studio_view
@require_safe
def standing(request: HttpRequest) -> JsonResponse:
    """Say whether something can be written in ``language`` now, and if not, why and what to do."""
    language = request.GET.get("language", "")
    if language not in Language.values:
        raise Http404(_("There is no such language."))
    return JsonResponse({"hindrance": hindrance(request, language)})


@tells_scripts
@studio_view
@require_safe
def proposal(request: HttpRequest, job_id: int) -> JsonResponse:
    """Say where a job is and, once it finished, what it proposes."""
    return JsonResponse(told(_job(request.user, job_id)))


@tells_scripts
@studio_view
@require_POST
def proposal_stop(request: HttpRequest, job_id: int) -> JsonResponse:
    """Stop a job; one that is over stays as it is."""
    job = _job(request.user, job_id)
    job_cancel(job_id=job.pk)
    return JsonResponse(told(_job(request.user, job_id)))


@tells_scripts
@studio_view
@require_POST
def proposal_compare(request: HttpRequest, job_id: int) -> JsonResponse:
    """Compare what a job proposes with ``text``: the passage as it is now, after somebody changed it."""
    job = _job(request.user, job_id)
    try:
        text = read_json(request).get("text")
    except (MalformedError, RequestDataTooBig):
        text = None
    if not isinstance(text, str) or len(text) > 2 * MAX_PASSAGE_CHARS or job.kind != GenerationKind.EDIT:
        return JsonResponse({"error": "malformed"}, status=422)
    return JsonResponse({"changes": changes(text, job)})


def _start(request: HttpRequest, asked: type[WishForm]) -> JsonResponse:
    try:
        form = asked(read_json(request))
    except MalformedError as error:
        return JsonResponse({"error": "malformed", "detail": str(error)}, status=422)
    except RequestDataTooBig:
        return JsonResponse({"error": "too_large"}, status=413)
    if not form.is_valid():
        return JsonResponse({"error": "invalid", "errors": form.errors}, status=422)
    article = _article(request.user, form.cleaned_data["article"])
    if not _may_change(request.user, article):
        return JsonResponse({"error": "not_allowed"}, status=403)
    why_not = hindrance(request, form.cleaned_data["language"])
    try:
        return _no(why_not) if why_not else JsonResponse(told(_started(request, form, article)), status=201)
    except BudgetError:  # used up by somebody else in this moment
        return _no(hindrance(request, form.cleaned_data["language"]))


def _started(request: HttpRequest, form: WishForm, article: Article | None) -> GenerationJob:
    account: Any = request.user
    data = form.cleaned_data
    former = _job(account, data["alternative_to"]) if data["alternative_to"] else None
    return job_start(
        kind=form.kind, owner=account, parameters=form.parameters(), language=data["language"],
        request_key=f"editor:{data['key']}", article=article, alternative_to=former,
    )  # fmt: skip


def _no(why_not: str) -> JsonResponse:
    return JsonResponse({"error": "hindered", "hindrance": why_not}, status=409)


def _article(account: Account, article_id: int | None) -> Article | None:
    """Return the article, None for one that is not stored yet; raises Http404 for who may not see it."""
    if article_id is None:
        return None
    try:
        article = article_to_edit(article_id=article_id)
    except Article.DoesNotExist:
        raise Http404(_("There is no such article.")) from None
    if not may_read_draft(account, article):
        raise Http404(_("There is no such article."))
    return article


def _may_change(account: Any, article: Article | None) -> bool:
    if article is None:
        return may_create(account)
    return may_edit(account, article) and is_writable(account, article)


def _job(account: Account, job_id: int) -> GenerationJob:
    """Return a job for the editor that this account started; raises Http404."""
    try:
        job = job_get(account=account, job_id=job_id)
    except GenerationJob.DoesNotExist:
        raise Http404(_("There is no such job.")) from None
    if job.owner_id != account.pk or job.kind not in _KINDS:
        raise Http404(_("There is no such job."))
    return job
