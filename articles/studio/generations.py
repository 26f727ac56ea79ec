"""The list of what models wrote: one's own, and for superusers everybody's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.enums import GenerationStatus
from articles.generation.selectors import job_list
from articles.models import GenerationJob
from articles.selectors.generations import costs_of, places_of
from articles.services.articles import may_create
from articles.studio.entry import studio_view
from articles.studio.generation import number_in
from articles.studio.generation_page import money

PAGE_JOBS = 30


class Row(NamedTuple):
    """A job of the list: what it is about, where it is in words, what it cost so far."""

    job: GenerationJob
    title: str
    place: str
    cost: str


class Tab(NamedTuple):
    """A status to show."""

    label: str
    query: str
    is_chosen: bool


@require_safe
@studio_view
def generations(request: HttpRequest) -> HttpResponse:
    """Jobs, newest first, all or of one status."""
    status, before = request.GET.get("status", ""), request.GET.get("before", "")
    number = number_in(before)
    if (status and status not in GenerationStatus.values) or (before and number is None):
        raise Http404(_("There is no such list."))
    account: Any = request.user
    page = job_list(account=account, limit=PAGE_JOBS, before=number, status=status)
    context = {
        "rows": _rows(page.jobs), "tabs": _tabs(status), "status": status, "is_first": not before,
        "older": urlencode({"status": status, "before": page.older}) if page.older else "",
        "is_all": account.is_superuser, "may_add": may_create(account),
    }  # fmt: skip
    return render(request, "studio/generations.html", context)


def _rows(jobs: list[GenerationJob]) -> list[Row]:
    costs, places = costs_of(jobs), places_of(jobs)
    return [
        Row(
            job=job, title=job.article.title if job.article else job.subject or job.get_kind_display(),
            place=_("number %d in the queue") % places[job.pk] if job.pk in places else "",
            cost=money(costs.get(job.pk, Decimal(0))),
        )
        for job in jobs
    ]  # fmt: skip


def _tabs(chosen: str) -> list[Tab]:
    statuses = (
        Tab(str(status.label), urlencode({"status": status.value}), chosen == status.value)
        for status in GenerationStatus
    )
    return [Tab(_("All"), "", not chosen), *statuses]
