"""Another text of the same wish: from an outline as it was edited, or as an alternative beside the first."""

from __future__ import annotations

import hashlib
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from articles.enums import GenerationKind, GenerationStatus
from articles.generation.errors import BudgetError
from articles.generation.jobs import job_start
from articles.generation.keeping import job_choose
from articles.generation.wishes import article_wish
from articles.models import GenerationJob
from articles.services.articles import may_create
from articles.studio import generation_words as words
from articles.studio.entry import studio_view
from articles.studio.generate_models import budget_words
from articles.studio.generation import context_of, found_job, view_of
from articles.studio.generation_page import page_of
from articles.studio.generation_steps import to_page

_MAX_KEY_CHARS = 64


@require_POST
@studio_view
def generation_write(request: HttpRequest, job_id: int) -> HttpResponse:
    """Have the article written from the outline as it was sent."""
    job = found_job(request, job_id)
    try:
        titles = outline_in(request.POST.get("outline", ""))
    except ValidationError as error:
        view = view_of(job)
        view["outline"] = [line.strip() for line in request.POST.get("outline", "").splitlines() if line.strip()]
        context = {**context_of(request, job, view), "outline_errors": error.messages}
        return render(request, "studio/generation.html", context, status=422)
    digest = hashlib.sha256("\n".join(titles).encode()).hexdigest()[:32]
    made = _start_like(request, job, key=f"outline-{job.pk}-{digest}", outline=titles)
    return to_page(made or job)


@require_POST
@studio_view
def generation_vary(request: HttpRequest, job_id: int) -> HttpResponse:
    """Have the same wish written once more, and show both side by side."""
    job = found_job(request, job_id)
    made = _start_like(request, job, key=request.POST.get("key", "")[:_MAX_KEY_CHARS], alternative_to=job)
    return redirect("studio:generation_compare", job.pk, made.pk) if made else to_page(job)


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def generation_compare(request: HttpRequest, job_id: int, other_id: int) -> HttpResponse:
    """Two texts of one wish beside each other; a POST chooses one and puts the other's untouched draft away."""
    first, second = found_job(request, job_id), found_job(request, other_id)
    if first.pk == second.pk:
        return to_page(first)
    if request.method == "POST":
        return _choose(request, first, second)
    sides = [
        {"job": job, "beside": beside, "page": page_of(job, view_of(job), request.user)}
        for job, beside in ((first, second), (second, first))
    ]
    return render(request, "studio/generation_compare.html", {"sides": sides, "job": first, "words": words.scripts()})


def outline_in(text: str) -> list[str]:
    """Return the headings, a line each; raises ValidationError."""
    titles = list(article_wish({"title": "-", "outline": text.replace("\r\n", "\n")}).outline)
    if not titles:
        raise ValidationError(_("An outline needs at least one section."))
    return titles


def _start_like(
    request: HttpRequest, job: GenerationJob, *, key: str, alternative_to: GenerationJob | None = None, **changed: Any
) -> GenerationJob | None:
    """Start an article of the job's wish; None with a message when the account may not."""
    account: Any = request.user
    if not may_create(account):
        messages.error(request, _("This account may not write new articles. Ask an editor."))
        return None
    try:
        return job_start(
            kind=GenerationKind.ARTICLE, owner=account, parameters={**job.parameters, **changed},
            language=job.language, request_key=key, prompt_version=job.prompt_version,
            endpoint_wanted=job.endpoint_wanted, alternative_to=alternative_to,
        )  # fmt: skip
    except BudgetError as error:
        messages.error(request, budget_words(error))
        return None


def _choose(request: HttpRequest, first: GenerationJob, second: GenerationJob) -> HttpResponse:
    by_id = {str(first.pk): (first, second), str(second.pk): (second, first)}
    if request.POST.get("chosen", "") not in by_id:
        raise Http404(_("There is no such text."))
    chosen, other = by_id[request.POST["chosen"]]
    if chosen.status != GenerationStatus.SUCCEEDED or chosen.article_id is None:
        messages.error(request, _("This text has no draft yet; nothing was changed."))
        return redirect("studio:generation_compare", first.pk, second.pk)
    account: Any = request.user
    archived = job_choose(chosen=chosen, other=other, account=account)
    if archived is not None:
        messages.success(request, _("The other draft, “%(title)s”, is in the archive.") % {"title": archived.title})
    return redirect("studio:editor", chosen.article_id)
