"""The pages of batches: those there are, one with its rows while they are written, and what can be done with it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from articles.bulk.exporting import export_parameters
from articles.bulk.jobs import job_start
from articles.bulk.selection import Selection
from articles.enums import BulkKind
from articles.generation import batch_selectors as selectors
from articles.generation import batches as services
from articles.generation.batch_selectors import FILTERS, Progress
from articles.generation.errors import BudgetError
from articles.models import GenerationBatch
from articles.portability.exporting import Choice, Export
from articles.portability.uploads import export_name
from articles.studio import batch_words as words
from articles.studio.entry import studio_view
from articles.studio.generate_models import budget_words
from articles.studio.transfer import DIRECT_ARTICLES

PAGE_BATCHES = 30
PAGE_ROWS = 50
_MAX_ID_DIGITS = 18


@require_safe
@studio_view
def batches(request: HttpRequest) -> HttpResponse:
    """One's own batches, newest first."""
    before = _number(request.GET.get("before", ""))
    page = selectors.batch_list(account=request.user, limit=PAGE_BATCHES, before=before or None)
    rows = [(batch, progress, words.said(batch, progress)) for batch, progress in page.batches]
    return render(request, "studio/batches.html", {"rows": rows, "older": page.older, "is_first": not before})


@require_safe
@studio_view
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """One batch; ``?format=json`` gives what its page keeps asking for: the figures, and its rows as they now are."""
    found = _batch(request, batch_id)
    progress = selectors.batch_progress(batch_id)
    context = {"batch": found, "progress": progress, "figures": _figures(found, progress), **_rows(request, batch_id)}
    if request.GET.get("format") == "json":
        rows = render_to_string("studio/parts/batch_rows.html", context, request)
        return JsonResponse({**context["figures"], "rows": rows})
    refused = found.refused[:PAGE_ROWS]
    context |= {"refused": refused, "unshown": len(found.refused) - len(refused), "filters": words.filters(progress)}
    return render(request, "studio/batch.html", context)


@require_POST
@studio_view
def batch_step(request: HttpRequest, batch_id: int) -> HttpResponse:
    """Pause, resume, cancel or try again; what is not open any more changes nothing."""
    _batch(request, batch_id)
    step = STEPS.get(request.POST.get("step", ""))
    if step is None:
        raise Http404(_("There is no such step."))
    step(request, batch_id)
    return HttpResponseRedirect(reverse("studio:batch", args=[batch_id]))


@require_safe
@studio_view
def batch_file(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The drafts it made, as Markdown in a ZIP archive: at once when they are few, else as a job."""
    _batch(request, batch_id)
    ids = tuple(selectors.batch_article_ids(batch_id))
    account: Any = request.user
    if not ids:
        raise Http404(_("There is no article in it yet."))
    if len(ids) > DIRECT_ARTICLES:
        parameters = export_parameters(Selection(ids=ids), Choice())
        job = job_start(kind=BulkKind.EXPORT_ZIP, owner=account, parameters=parameters)
        return HttpResponseRedirect(reverse("studio:job", args=[job.pk]))
    export = Export(Selection(ids=ids).articles(), account, Choice())
    answer: HttpResponseBase = StreamingHttpResponse(export.zip(), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="{export_name(".zip")}"'
    return answer  # type: ignore[return-value]  # a streamed answer, which a view may give too


def _retry(request: HttpRequest, batch_id: int) -> None:
    try:
        again = services.batch_retry_failed(batch_id=batch_id)
    except BudgetError as error:
        messages.error(request, budget_words(error))
        return
    said = ngettext("%(number)d row is tried again.", "%(number)d rows are tried again.", again)
    messages.success(request, said % {"number": again})


STEPS = {
    "pause": lambda request, batch_id: services.batch_pause(batch_id=batch_id),
    "resume": lambda request, batch_id: services.batch_resume(batch_id=batch_id),
    "cancel": lambda request, batch_id: services.batch_cancel(batch_id=batch_id),
    "retry": _retry,
}


def _figures(batch: GenerationBatch, progress: Progress) -> dict[str, Any]:
    """Return what changes while a batch is worked on, in the reader's language."""
    return {
        "status": batch.status, "is_open": batch.finished_at is None or bool(progress.queued + progress.at_work),
        "total": progress.total, "done": progress.done, "said": words.said(batch, progress),
        "counts": words.counts(progress), "steps": words.steps(batch, progress),
    }  # fmt: skip


def _rows(request: HttpRequest, batch_id: int) -> dict[str, Any]:
    chosen = request.GET.get("show", "all")
    if chosen not in FILTERS:
        raise Http404(_("There is no such page of the list."))
    after = _number(request.GET.get("after", ""))
    page = selectors.batch_rows(batch_id=batch_id, limit=PAGE_ROWS, after=after, statuses=FILTERS[chosen])
    rows = [(job, words.row_said(job)) for job in page.jobs]
    return {"rows": rows, "onward": page.onward, "after": after, "chosen": chosen}


def _batch(request: HttpRequest, batch_id: int) -> GenerationBatch:
    try:
        return selectors.batch_get(account=request.user, batch_id=batch_id)
    except GenerationBatch.DoesNotExist:
        raise Http404(_("There is no such batch, or it is not yours.")) from None


def _number(text: str) -> int:
    if text and not (text.isascii() and text.isdecimal() and len(text) <= _MAX_ID_DIGITS):
        raise Http404(_("There is no such page of the list."))
    return int(text or 0)
