"""The pages of bulk jobs: what is done, what failed, what was made."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from articles.bulk import jobs as bulk
from articles.bulk.files import job_file
from articles.enums import JobStatus
from articles.models import BulkJob
from articles.selectors import jobs as selectors
from articles.studio.entry import studio_view

PAGE_JOBS = 30
_MAX_ID_DIGITS = 18


@require_safe
@studio_view
def jobs(request: HttpRequest) -> HttpResponse:
    """One's own jobs, newest first."""
    before = request.GET.get("before", "")
    if before and not (before.isascii() and before.isdecimal() and len(before) <= _MAX_ID_DIGITS):
        raise Http404(_("There is no such page of the list."))
    page = selectors.job_list(account=request.user, limit=PAGE_JOBS, before=int(before) if before else None)
    rows = [(found, said(found)) for found in page.jobs]
    return render(request, "studio/jobs.html", {"rows": rows, "older": page.older, "is_first": not before})


@require_safe
@studio_view
def job(request: HttpRequest, job_id: int) -> HttpResponse:
    """One job; ``?format=json`` gives the figures that its page keeps asking for."""
    found = _job(request, job_id)
    if request.GET.get("format") == "json":
        return JsonResponse(figures(found))
    context = {"job": found, "figures": figures(found), "file": job_file(found), "unnamed": unnamed(found)}
    return render(request, "studio/job.html", context)


@require_POST
@studio_view
def job_cancel(request: HttpRequest, job_id: int) -> HttpResponse:
    """End the job between two of its items."""
    bulk.job_cancel(job_id=_job(request, job_id).pk)
    return HttpResponseRedirect(reverse("studio:job", args=[job_id]))


@require_POST
@studio_view
def job_resume(request: HttpRequest, job_id: int) -> HttpResponse:
    """Ask a worker to go on with a job whose own is gone; with one that is at work this changes nothing."""
    bulk.job_resume(job_id=_job(request, job_id).pk)
    return HttpResponseRedirect(reverse("studio:job", args=[job_id]))


@require_safe
@studio_view
def job_download(request: HttpRequest, job_id: int) -> HttpResponse:
    """The file that the job made."""
    found = _job(request, job_id)
    path = job_file(found)
    if path is None or found.status != JobStatus.DONE:
        raise Http404(_("The file is not there any more."))
    answer: Any = FileResponse(path.open("rb"), as_attachment=True, filename=path.name)
    return answer  # type: ignore[no-any-return]  # a streamed answer, which a view may give too


def figures(job: BulkJob) -> dict[str, Any]:
    """Return what changes while a job runs, in the reader's language."""
    return {
        "status": job.status, "is_open": job.finished_at is None, "is_stalled": is_stalled(job), "total": job.total,
        "done": job.done, "failed": job.failed, "said": said(job),
    }  # fmt: skip


def said(job: BulkJob) -> str:
    """Return in a sentence where the job is."""
    if job.status == JobStatus.WAITING:
        return _("Waiting for a worker")
    if job.status == JobStatus.RUNNING and not job.total:
        return _("Counting")
    of_all = {"done": job.done, "total": job.total, "percent": 100 * job.done // max(job.total, 1)}
    of_all["good"] = job.done - job.failed
    if job.status == JobStatus.RUNNING:
        return _("%(done)d of %(total)d · %(percent)d %%") % of_all
    if job.status == JobStatus.CANCELLED:
        return _("Cancelled after %(done)d of %(total)d") % of_all
    if job.status == JobStatus.FAILED:
        return _("Stopped after %(done)d of %(total)d") % of_all
    return _("%(good)d of %(done)d") % of_all


def is_stalled(job: BulkJob) -> bool:
    """Whether the job should be at work and has shown no sign of life for longer than a runner may be silent."""
    seen_at = job.beat_at or job.created_at
    return job.finished_at is None and timezone.now() - seen_at > bulk.LEASE + timedelta(seconds=5)


def unnamed(job: BulkJob) -> int:
    """Return how many failed items are not among those listed."""
    return max(0, job.failed - len(job.failures))


def _job(request: HttpRequest, job_id: int) -> BulkJob:
    try:
        return selectors.job_get(account=request.user, job_id=job_id)
    except BulkJob.DoesNotExist:
        raise Http404(_("There is no such job, or it is not yours.")) from None
