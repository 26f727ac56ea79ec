""" "New article with AI": what is wanted, and what may be asked for it."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from articles.enums import GenerationKind, Language
from articles.generation.errors import BudgetError
from articles.generation.jobs import job_start
from articles.models import GenerationJob
from articles.services.articles import may_create
from articles.studio.entry import studio_view
from articles.studio.generate_forms import GenerateForm, initial_of
from articles.studio.generate_models import bounds_words, budget_words, connecting, shown_models, unwritten_languages
from articles.studio.generation import found_job, number_in

KINDS = {"article": GenerationKind.ARTICLE, "outline": GenerationKind.OUTLINE}


@require_http_methods(["GET", "HEAD", "POST"])
@studio_view
def generate(request: HttpRequest) -> HttpResponse:
    """The form; a POST starts a job, and ``?from=`` fills in what another was asked for."""
    account: Any = request.user
    if not may_create(account):
        return render(request, "studio/forbidden.html", status=403)
    if request.method != "POST":
        return _page(request, GenerateForm(initial={**_initial(request), "key": uuid.uuid4().hex}))
    form = GenerateForm(request.POST)
    if form.is_valid():
        try:
            job = _start(form, account, KINDS.get(request.POST.get("do", ""), GenerationKind.ARTICLE))
        except BudgetError as error:
            form.add_error(None, budget_words(error))
        else:
            return HttpResponseRedirect(reverse("studio:generation", args=[job.pk]))
    return _page(request, form, status=422)


def _start(form: GenerateForm, account: Any, kind: GenerationKind) -> GenerationJob:
    data = form.cleaned_data
    return job_start(
        kind=kind, owner=account, parameters=form.parameters(), language=data["language"], request_key=data["key"],
        prompt_version=form.prompt_version(), endpoint_wanted=data["endpoint"],
    )  # fmt: skip


def _initial(request: HttpRequest) -> dict[str, Any]:
    """Return what a job was asked for, or the page's own language alone."""
    number = number_in(request.GET.get("from", ""))
    if number is not None:
        return initial_of(found_job(request, number))
    code = getattr(request, "LANGUAGE_CODE", "")
    return {"language": code if code in Language.values else Language.ENGLISH.value}


def _page(request: HttpRequest, form: GenerateForm, *, status: int = 200) -> HttpResponse:
    models = shown_models()
    context = {
        "form": form, "models": models, "only_bundled": bool(models) and all(model.bundled for model in models),
        "unwritten": unwritten_languages(models), "bounds": bounds_words(request.user), **connecting(request.user),
    }  # fmt: skip
    return render(request, "studio/generate.html", context, status=status)
