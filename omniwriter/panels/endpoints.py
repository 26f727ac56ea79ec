"""The endpoints that write: whether each is asked, since when it is not, and what it said last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles.providers.breaker import CLOSED, HALF_OPEN, OPEN
from articles.providers.health import EndpointState, states
from omniwriter.llm.recorder import KIND
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel

MAX_ENDPOINTS = 30
MAX_ERROR_CHARS = 160
WORDS = {
    CLOSED: gettext_lazy("is asked"),
    HALF_OPEN: gettext_lazy("the next call tries it"),
    OPEN: gettext_lazy("is not asked"),
}


class EndpointsPanel(Panel):
    """A row for each endpoint in use; what all workers know of it."""

    name = "llm_endpoints"
    pages = ("outgoing",)
    template = "omniwriter/panels/endpoints.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``endpoints``; raises StoreUnavailable."""
        opened = readings.totals(query, KIND)
        return {"endpoints": [_endpoint(state, opened) for state in states()[:MAX_ENDPOINTS]]}


def _endpoint(state: EndpointState, opened: Mapping[str, Any]) -> dict[str, Any]:
    count = opened[state.name].count if state.name in opened else 0
    rests = state.state == CLOSED and state.retry_at is not None
    return {
        "name": state.name,
        "state": _("has asked for a pause") if rests else str(WORDS.get(state.state, state.state)),
        "is_out": state.state != CLOSED or rests,
        "since": _iso(state.since) if state.state != CLOSED else "",
        "no_since": state.state == CLOSED or state.since is None,
        "retry_at": _iso(state.retry_at),
        "no_retry": state.retry_at is None,
        "in_flight": formats.phrase(formats.count(state.in_flight)),
        "opened": formats.phrase(formats.count(count)),
        "error": state.error[:MAX_ERROR_CHARS],
        "no_error": not state.error,
        "error_at": _iso(state.error_at) if state.error else "",
    }


def _iso(moment: Any) -> str:
    return "" if moment is None else moment.isoformat(timespec="seconds")
