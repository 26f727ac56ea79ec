"""The dashboard's pages: read the address, ask the panels, render what the payload of the frames holds too."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from perfmon.alerts.models import Alert
from perfmon.alerts.services import alert_acknowledge
from perfmon.context import muted
from perfmon.indexes.wording import report_text
from perfmon.models import IndexReport
from perfmon.panels.base import PageQuery, Panel, panels_of
from perfmon.panels.query_table import ORDERS, QueryTable
from perfmon.panels.tables import SORTS, TableState
from perfmon.panels.topics import payload_of
from perfmon.permissions import viewers_only
from perfmon.plotly import plotly_style_ids, plotly_version
from perfmon.series import MAX_KEY_CHARS
from perfmon.store.ranges import DEFAULT_RANGE, RANGES

THEMES = ("light", "dark")
THEME_COOKIE = "perfmon_theme"
WEBSOCKET_PATH = "/ws/perfmon/"
NAV = ("dashboard", "data", "queries", "tasks", "outgoing", "hosts", "alerts")


class BadQueryError(Exception):
    """A query parameter that is not one of those ``allowed``."""

    def __init__(self, field: str, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(field)
        self.field, self.allowed = field, allowed


@require_safe
@never_cache
@viewers_only
def overview(request: HttpRequest) -> HttpResponse:
    """What needs attention, key figures, charts and endpoints."""
    return _page(request, "overview", "dashboard")


@require_safe
@never_cache
@viewers_only
def endpoint(request: HttpRequest) -> HttpResponse:
    """One endpoint in detail; ``?key=`` is its series key, such as ``GET /articles/<slug>/``."""
    return _page(request, "endpoint", "endpoint")


@require_safe
@never_cache
@viewers_only
def data(request: HttpRequest) -> HttpResponse:
    """Caches by alias and group of keys, databases and their pools."""
    return _page(request, "data", "data")


@require_safe
@never_cache
@viewers_only
def queries(request: HttpRequest) -> HttpResponse:
    """The statements a database spent its time on; ``?db=`` is the database's alias."""
    return _page(request, "queries", "queries")


@require_safe
@never_cache
@viewers_only
def tasks(request: HttpRequest) -> HttpResponse:
    """Celery's queues, workers and tasks."""
    return _page(request, "tasks", "tasks")


@require_safe
@never_cache
@viewers_only
def outgoing(request: HttpRequest) -> HttpResponse:
    """Outgoing HTTP calls by host, and calls of language models by provider."""
    return _page(request, "outgoing", "outgoing")


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
    return _page(request, "hosts", "hosts")


@require_safe
@never_cache
@viewers_only
def alerts(request: HttpRequest) -> HttpResponse:
    """Open and past alerts."""
    return _page(request, "alerts", "alerts")


@require_POST
@viewers_only
def acknowledge(request: HttpRequest, alert_id: int) -> HttpResponse:
    """Note that the user saw an alert, and go back to the list; an alert that is gone is no error."""
    with suppress(Alert.DoesNotExist):
        alert_acknowledge(alert_id=alert_id, user=request.user)  # type: ignore[arg-type]
    return redirect("perfmon:alerts")


def _page(request: HttpRequest, page: str, url_name: str) -> HttpResponse:
    try:
        query = _query(request.GET, page)
    except BadQueryError as error:
        return render(request, "perfmon/bad_query.html", _frame(request, {"error": error}), status=400)
    payload = payload_of(query)
    context = {
        "query": query,
        "payload": payload,
        "status": payload["status"],
        "panels": [_shown(panel, payload, query, request.GET) for panel in panels_of(page)],
        "ranges": [] if page == "queries" else _ranges(request, query),  # its figures have their own beginning
        "nav": [(name, f"{reverse(f'perfmon:{name}')}?range={query.range.name}", name == url_name) for name in NAV],
    }
    with muted():
        return render(request, f"perfmon/{page}.html", _frame(request, context))


def _shown(panel: Panel, payload: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
    """A panel as its template takes it: its data, None when it can't be read, and what only the page shows."""
    data = payload["panels"][panel.name]
    return {
        "name": panel.name,
        "template": panel.template,
        "data": data,
        "extra": panel.page_context(data, query, params) if data is not None else {},
    }


def _query(params: Mapping[str, str], page: str) -> PageQuery:
    name = params.get("range", DEFAULT_RANGE)
    if name not in RANGES:
        raise BadQueryError("range", tuple(RANGES))
    key = {"endpoint": _endpoint_key, "queries": _queries_key}.get(page, _no_key)(params)
    return PageQuery(page, RANGES[name], key, time.time(), _language())


def _no_key(params: Mapping[str, str]) -> str:
    if TableState.read(params) is None:
        raise BadQueryError("sort", tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-")))
    return ""


def _endpoint_key(params: Mapping[str, str]) -> str:
    key = params.get("key", "")
    if not (0 < len(key) <= MAX_KEY_CHARS and key.isprintable()):
        raise BadQueryError("key")
    return key


def _queries_key(params: Mapping[str, str]) -> str:
    table = QueryTable.of(params)
    wrong = table.wrong_field()
    if wrong:
        raise BadQueryError(wrong, tuple(connections) if wrong == "db" else tuple(ORDERS))
    return table.key


def _language() -> str:
    """The reader's language for the topic: empty when it is the site's own."""
    language = get_language() or ""
    known = language in dict(settings.LANGUAGES) and language != settings.LANGUAGE_CODE
    return language if known else ""


def _ranges(request: HttpRequest, query: PageQuery) -> list[dict[str, Any]]:
    kept = {name: value for name, value in request.GET.items() if name in ("key", "sort", "q")}
    return [
        {"name": name, "url": f"?{urlencode(kept | {'range': name})}", "current": name == query.range.name}
        for name in RANGES
    ]


def _frame(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add what every page's frame needs."""
    theme = request.COOKIES.get(THEME_COOKIE, "")
    version = plotly_version()
    return {
        "theme": theme if theme in THEMES else "",
        "websocket_path": WEBSOCKET_PATH,
        "poll_url": reverse("perfmon:dashboard_data"),
        "plotly_url": reverse("perfmon:plotly", args=[version]) if version else "",
        "plotly_style_ids": plotly_style_ids() if version else (),
        **context,
    }
