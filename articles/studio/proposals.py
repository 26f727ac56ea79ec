"""What the editor's scripts are told: whether a model can write, where a job is, what it proposes."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from articles.diffs import word_changes
from articles.enums import GenerationKind, GenerationStatus, Language
from articles.generation.budgets import require_jobs
from articles.generation.errors import BudgetError
from articles.generation.payload import job_view
from articles.limits import MAX_EXCERPT_CHARS, MAX_SEO_DESCRIPTION_CHARS, MAX_TAG_CHARS, MAX_TITLE_CHARS
from articles.models import GenerationJob
from articles.providers.router import any_writes
from articles.studio import generation_words as words
from articles.studio.generate_models import budget_words, connecting, language_words, shown_models

MAX_SUGGESTIONS = 12
_MOST_CHARS = {
    "title": MAX_TITLE_CHARS, "excerpt": MAX_EXCERPT_CHARS, "description": MAX_SEO_DESCRIPTION_CHARS,
    "tags": MAX_TAG_CHARS,
}  # fmt: skip


def hindrance(request: HttpRequest, language: str) -> str:
    """Return, as a piece of the page, why nothing can be written in ``language`` now; nothing when it can."""
    account: Any = request.user
    try:
        require_jobs(account.pk)
    except BudgetError as error:
        return _piece(request, {"words": budget_words(error), "is_budget": True})
    if any_writes(language):
        return ""
    models = shown_models()
    told = language_words(Language(language), models) if models else _("No model is connected.")
    return _piece(request, {"words": told, **connecting(account)})


def told(job: GenerationJob) -> dict[str, Any]:
    """Return where a job is in words and, once it finished, what it proposes."""
    view = job_view(job)
    answer = {
        "id": job.pk, "status": job.status, "is_open": job.is_open, "said": words.said(view),
        "error": words.error(view), "text": view["text"], "socket": view["urls"]["socket"],
        "url": reverse("studio:proposal", args=[job.pk]), "stop_url": reverse("studio:proposal_stop", args=[job.pk]),
        "compare_url": reverse("studio:proposal_compare", args=[job.pk]),
    }  # fmt: skip
    if job.status != GenerationStatus.SUCCEEDED:
        return answer
    if job.kind == GenerationKind.EDIT:
        return {**answer, "changes": changes(job.parameters["text"], job)}
    return {**answer, "suggestions": suggestions(job)}


def changes(passage: str, job: GenerationJob) -> list[list[str]]:
    """Return how ``passage`` becomes what the job proposes: pairs of what was there and what comes instead."""
    return [[change.was, change.now] for change in word_changes(passage, job.text.strip())]


def suggestions(job: GenerationJob) -> dict[str, list[str]]:
    """Return what the job proposes for each field it was asked about: short texts of one line, each once."""
    return {name: _choices(name, job.result.get(name)) for name in job.parameters["fields"]}


def _choices(name: str, proposed: Any) -> list[str]:
    texts = proposed if isinstance(proposed, list) else [proposed or ""]
    lines = [" ".join(str(text).split()) for text in texts]
    fitting = [line for line in lines if line and len(line) <= _MOST_CHARS[name]]
    return list(dict.fromkeys(fitting))[:MAX_SUGGESTIONS]


def _piece(request: HttpRequest, context: dict[str, Any]) -> str:
    return render_to_string("studio/parts/editor_ai_hindrance.html", context, request)
