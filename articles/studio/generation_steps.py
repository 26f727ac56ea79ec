"""What is done with a generation job by a button: stop, keep, discard, go on, rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from articles.enums import GenerationKind
from articles.exceptions import TransitionError
from articles.generation.errors import BudgetError
from articles.generation.jobs import job_cancel, job_rate, job_retry
from articles.generation.keeping import KeepError, job_discard, job_keep
from articles.models import GenerationJob
from articles.studio.entry import studio_view
from articles.studio.generate_models import budget_words
from articles.studio.generation import found_job

_RATINGS = {"1": 1, "-1": -1}
_KEEP_WORDS = {
    "open": gettext_lazy("The text is still being written. Stop it first; nothing was changed."),
    "kind": gettext_lazy("This is no article, so no draft was made of it."),
    "empty": gettext_lazy("Nothing was written yet, so there is nothing to keep."),
    "kept": gettext_lazy("The text is a draft already; nothing was thrown away."),
}


@require_POST
@studio_view
def generation_step(request: HttpRequest, job_id: int) -> HttpResponse:
    """Stop, keep, discard or go on with the job; ``do`` says which."""
    job = found_job(request, job_id)
    step = _STEPS.get(request.POST.get("do", ""))
    if step is None:
        raise Http404(_("There is no such step."))
    try:
        return step(request, job)
    except KeepError as error:
        messages.error(request, str(_KEEP_WORDS[error.code]))
    except BudgetError as error:
        messages.error(request, budget_words(error))
    except TransitionError:
        messages.error(request, _("The text is a draft or finished already; nothing was changed."))
    return to_page(job)


@require_POST
@studio_view
def generation_rate(request: HttpRequest, job_id: int) -> HttpResponse:
    """Keep what its reader thinks of the text."""
    job = found_job(request, job_id)
    note = request.POST.get("note", "").replace("\x00", "")
    job_rate(job_id=job.pk, rating=_RATINGS.get(request.POST.get("rating", "")), note=note)
    return to_page(job)


def to_page(job: GenerationJob) -> HttpResponse:
    """Lead to the job's page."""
    return redirect("studio:generation", job.pk)


def _stop(request: HttpRequest, job: GenerationJob) -> HttpResponse:
    job_cancel(job_id=job.pk)
    return to_page(job)


def _keep(request: HttpRequest, job: GenerationJob) -> HttpResponse:
    account: Any = request.user
    article = job_keep(job_id=job.pk, account=account)
    messages.success(request, _("What was written is a draft now. Nobody but this site’s writers sees it."))
    return redirect("studio:editor", article.pk)


def _discard(request: HttpRequest, job: GenerationJob) -> HttpResponse:
    job_discard(job_id=job.pk)
    return to_page(job)


def _go_on(request: HttpRequest, job: GenerationJob) -> HttpResponse:
    if job.kind == GenerationKind.ARTICLE and job.article_id is not None:  # it would make a second draft
        raise TransitionError("retry", job.status)
    job_retry(job_id=job.pk)
    return to_page(job)


_STEPS: dict[str, Callable[[HttpRequest, GenerationJob], HttpResponse]] = {
    "stop": _stop,
    "keep": _keep,
    "discard": _discard,
    "retry": _go_on,
}
