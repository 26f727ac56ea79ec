"""The dashboard's pages and their few buttons."""

from __future__ import annotations

from contextlib import suppress

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from perfmon.alerts.models import Alert
from perfmon.alerts.services import alert_acknowledge
from perfmon.indexes.wording import report_text
from perfmon.models import IndexReport
from perfmon.pages import page_of
from perfmon.permissions import viewers_only


@require_safe
@never_cache
@viewers_only
def overview(request: HttpRequest) -> HttpResponse:
    """What needs attention, key figures, charts and endpoints."""
    return page_of(request, "overview", "dashboard")


@require_safe
@never_cache
@viewers_only
def endpoint(request: HttpRequest) -> HttpResponse:
    """One endpoint in detail; ``?key=`` is its series key, such as ``GET /articles/<slug>/``."""
    return page_of(request, "endpoint", "dashboard")


@require_safe
@never_cache
@viewers_only
def data(request: HttpRequest) -> HttpResponse:
    """Caches by alias and group of keys, databases and their pools."""
    return page_of(request, "data", "data")


@require_safe
@never_cache
@viewers_only
def queries(request: HttpRequest) -> HttpResponse:
    """The statements a database spent its time on; ``?db=`` is the database's alias."""
    return page_of(request, "queries", "queries")


@require_safe
@never_cache
@viewers_only
def tasks(request: HttpRequest) -> HttpResponse:
    """Celery's queues, workers and tasks."""
    return page_of(request, "tasks", "tasks")


@require_safe
@never_cache
@viewers_only
def outgoing(request: HttpRequest) -> HttpResponse:
    """Outgoing HTTP calls by host, and calls of language models by provider."""
    return page_of(request, "outgoing", "outgoing")


@require_safe
@never_cache
@viewers_only
def index_report(request: HttpRequest, report_id: int) -> HttpResponse:
    """A kept report on indexes, whole and as text."""
    report = get_object_or_404(IndexReport, pk=report_id)
    return HttpResponse(report_text(report.content), content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
@viewers_only
def hosts(request: HttpRequest) -> HttpResponse:
    """Every host's readings, and perfmon's own cost."""
    return page_of(request, "hosts", "hosts")


@require_safe
@never_cache
@viewers_only
def alerts(request: HttpRequest) -> HttpResponse:
    """Open and past alerts."""
    return page_of(request, "alerts", "alerts")


@require_POST
@viewers_only
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Note that the user saw an alert, and go back to the list; an alert that is gone is no error."""
    with suppress(Alert.DoesNotExist):
        alert_acknowledge(alert_id=alert_id, user=request.user)  # type: ignore[arg-type]
    return redirect("perfmon:alerts")
