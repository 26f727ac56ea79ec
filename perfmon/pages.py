"""A page of the dashboard: what its address asks for, what its panels say, and the frame around them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from perfmon.context import muted
from perfmon.panels.base import PageQuery, Panel, panels_of
from perfmon.panels.keys import is_number
from perfmon.panels.query_table import ORDERS, QueryTable
from perfmon.panels.tables import SORTS, TableState
from perfmon.panels.topics import payload_of
from perfmon.plotly import plotly_style_ids, plotly_version
from perfmon.series import MAX_KEY_CHARS
from perfmon.store.ranges import DEFAULT_RANGE, RANGES

THEMES = ("light", "dark")
THEME_COOKIE = "perfmon_theme"
WEBSOCKET_PATH = "/ws/perfmon/"
NAV = {
    "dashboard": _("Overview"),
    "data": _("Data"),
    "queries": _("Queries"),
    "tasks": _("Tasks"),
    "outgoing": _("Outgoing"),
    "hosts": _("Hosts"),
    "loadtests": _("Load tests"),
    "alerts": _("Alerts"),
}
WITHOUT_RANGE = ("queries", "loadtests", "loadtest", "comparison")  # their figures have their own beginning


class BadQueryError(Exception):
    """A query parameter that is not one of those ``allowed``; ``wanted`` says it where there are too many to name."""

    def __init__(self, field: str, allowed: tuple[str, ...] = (), wanted: Any = "") -> None:
        super().__init__(field)
        self.field, self.allowed, self.wanted = field, allowed, wanted


def page_of(
    request: HttpRequest, page: str, current: str, *, key: str | None = None, status: int = 200, **more: Any
) -> HttpResponse:
    """Render a page; ``current`` is its part of the navigation, ``key`` its topic's last part if no parameter says it.

    A parameter that is wrong is answered with 400 and what is allowed. ``more`` goes to the template.
    """
    try:
        query = _query(request.GET, page, key)
    except BadQueryError as error:
        return bad_query(request, error)
    payload = payload_of(query)
    context = {
        "query": query,
        "payload": payload,
        "status": payload["status"],
        "panels": [_shown(panel, payload, query, request.GET) for panel in panels_of(page)],
        "ranges": [] if page in WITHOUT_RANGE else _ranges(request, query),
        "nav": [
            (label, f"{reverse(f'perfmon:{name}')}?range={query.range.name}", _current(request, name, current))
            for name, label in NAV.items()
        ],
        **more,
    }
    with muted():
        return render(request, f"perfmon/{page}.html", _frame(request, context), status=status)


def bad_query(request: HttpRequest, error: BadQueryError) -> HttpResponse:
    """Answer 400 with the parameter and what it may be."""
    return render(request, "perfmon/bad_query.html", _frame(request, {"error": error}), status=400)


def _current(request: HttpRequest, name: str, current: str) -> str:
    """Return the aria-current of an entry: ``page`` for this page, ``true`` for the part of the dashboard it is in."""
    if name != current:
        return ""
    return "page" if request.path == reverse(f"perfmon:{name}") else "true"


def _shown(panel: Panel, payload: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
    """A panel as its template takes it: its data, None when it can't be read, and what only the page shows."""
    data = payload["panels"][panel.name]
    return {
        "name": panel.name,
        "template": panel.template,
        "data": data,
        "extra": panel.page_context(data, query, params) if data is not None else {},
    }


def _query(params: Mapping[str, str], page: str, key: str | None) -> PageQuery:
    name = params.get("range", DEFAULT_RANGE)
    if name not in RANGES:
        raise BadQueryError("range", tuple(RANGES))
    if key is None:
        key = _KEYS.get(page, _no_key)(params)
    return PageQuery(page, RANGES[name], key, time.time(), _language())


def _no_key(params: Mapping[str, str]) -> str:
    if TableState.read(params) is None:
        raise BadQueryError("sort", tuple(f"{sign}{name}" for name in SORTS for sign in ("", "-")))
    return ""


def _endpoint_key(params: Mapping[str, str]) -> str:
    key = params.get("key", "")
    if not (0 < len(key) <= MAX_KEY_CHARS and key.isprintable()):
        raise BadQueryError("key", wanted=_("It must name an endpoint, such as GET /articles/."))
    return key


def _queries_key(params: Mapping[str, str]) -> str:
    table = QueryTable.of(params)
    wrong = table.wrong_field()
    if wrong:
        raise BadQueryError(wrong, tuple(connections) if wrong == "db" else tuple(ORDERS))
    return table.key


def _page_key(params: Mapping[str, str]) -> str:
    number = params.get("page", "1")
    if not is_number(number) or int(number) > MAX_PAGES:
        raise BadQueryError("page", wanted=_("It must be the number of a page, from 1 to 1000."))
    return "" if number == "1" else number


MAX_PAGES = 1000
_KEYS: dict[str, Callable[[Mapping[str, str]], str]] = {
    "endpoint": _endpoint_key,
    "queries": _queries_key,
    "loadtests": _page_key,
}


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
