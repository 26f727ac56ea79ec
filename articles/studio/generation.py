"""The page of a generation job, and the list of them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.enums import GenerationKind
from articles.generation.payload import View, job_view
from articles.generation.playback import play
from articles.generation.selectors import job_get
from articles.generation.stream import read
from articles.generation.tape import TapeAwayError
from articles.models import GenerationJob
from articles.services.articles import may_create
from articles.studio import generation_words as words
from articles.studio.entry import studio_view
from articles.studio.generate_forms import wish_lines
from articles.studio.generation_page import page_of, payload

_MAX_ID_DIGITS = 18


@require_safe
@studio_view
def generation(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; ``?format=json`` gives the parts that its page keeps asking for, with ``text=no`` without the text."""
    job = found_job(request, job_id)
    view = view_of(job)
    context = context_of(request, job, view)
    if request.GET.get("format") == "json":
        context["beside"] = _beside(request)
        return JsonResponse(payload(request, context, view, with_text=request.GET.get("text") != "no"))
    return render(request, "studio/generation.html", context)


def context_of(request: HttpRequest, job: GenerationJob, view: View) -> dict[str, Any]:
    """Return what the job's page and its parts are made with."""
    account: Any = request.user
    return {
        "job": job, "page": page_of(job, view, account), "heading": heading(job), "words": words.scripts(),
        "wish": wish_lines(job), "may_ask_again": may_create(account), "other": job.alternative_to,
    }  # fmt: skip


def view_of(job: GenerationJob) -> View:
    """Return the job's payload, of an open one with what its stream says beyond the row."""
    if not job.is_open:
        return job_view(job)
    try:
        live = play(event for _seq, event in read(job.pk)).picture()
    except TapeAwayError:
        live = {}  # the row has all but the last words
    row = {"stage": job.stage, "section": job.section, "sections": job.sections}  # it is written before it is told
    return job_view(job, {**live, "stage": row})


def heading(job: GenerationJob) -> str:
    """Return what the page is called: by the draft's title, or by what it is about."""
    title = job.article.title if job.article and job.kind == GenerationKind.ARTICLE else ""
    return title or job.subject or job.get_kind_display()


def found_job(request: HttpRequest, job_id: int) -> GenerationJob:
    """Return a job that whoever asks may see; raises Http404."""
    try:
        return job_get(account=request.user, job_id=job_id)
    except GenerationJob.DoesNotExist:
        raise Http404(_("There is no such text, or it is not yours.")) from None


def number_in(text: str) -> int | None:
    """Return the id that an address carries, None when it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS else None


def _beside(request: HttpRequest) -> GenerationJob | None:
    """Return the job beside which this one is shown."""
    number = number_in(request.GET.get("beside", ""))
    return found_job(request, number) if number else None
