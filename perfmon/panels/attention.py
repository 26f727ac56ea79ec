"""What needs attention now: alerts, what the project adds, endpoints that got slower, rules that can't see."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from perfmon import guard
from perfmon.alerts.models import Alert
from perfmon.alerts.selectors import active_alerts, past_alerts, rules_without_data
from perfmon.conf import get_config
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery
from perfmon.panels.verdicts import verdict
from perfmon.series import TOTAL_KEY, Window

MAX_REGRESSIONS = 3
MAX_NOTICES = 5  # of one function of the project
MIN_REQUESTS = 50
FLOOR_MS = 20.0
FACTOR = 1.25  # a smaller rise of one endpoint is no news yet; its row and page show it


class Notice(NamedTuple):
    """A line that a project adds by a function of ``PERFMON["ATTENTION"]``, which takes the query.

    ``level`` is critical, warning or unknown, ``word`` says it, ``text`` is one plain sentence.
    """

    level: str
    word: str
    text: str
    url: str = ""
    since: datetime | None = None


class Regression(NamedTuple):
    """An endpoint whose p95, in ms, is worse than in the range before."""

    key: str
    before_ms: float
    now_ms: float
    change: str


def attention_of(query: PageQuery) -> dict[str, Any]:
    """Return ``notices`` in order of urgency and, when there is none, since when it has been calm (ISO, or empty)."""
    firing = [alert for alert in active_alerts() if alert.is_firing]
    items = [_alert_item(alert) for alert in firing]
    items += [_item(*notice) for notice in _of_project(query)]
    items += [_regression_item(found, query) for found in regressions(query)]
    items += [_blind_item(status.label, status.scope, status.no_data_since) for status in _blind()]
    ended = past_alerts(1)
    calm_since = ended[0].resolved_at if ended else None
    return {"notices": items, "calm_since": "" if calm_since is None else calm_since.isoformat(timespec="seconds")}


def regressions(query: PageQuery) -> list[Regression]:
    """Return the endpoints that got slower against the range before, those that cost the most time first."""
    current, previous = readings.totals(query, "request"), readings.totals(query, "request", previous=True)
    by_cost = sorted((key for key in current if key != TOTAL_KEY), key=lambda key: -current[key].sum)
    found: list[Regression] = []
    for key in by_cost[:50]:
        regression = _regression(key, current[key], previous.get(key))
        if regression is not None:
            found.append(regression)
        if len(found) == MAX_REGRESSIONS:
            break
    return found


def endpoint_url(key: str, query: PageQuery) -> str:
    """Return the address of an endpoint's page at the same range; empty where the project does not serve it."""
    try:
        return f"{reverse('perfmon:endpoint')}?{urlencode({'key': key, 'range': query.range.name})}"
    except NoReverseMatch:
        return ""


def _regression(key: str, now: Window, before: Window | None) -> Regression | None:
    if before is None or min(now.count, before.count) < MIN_REQUESTS:
        return None
    now_ms, before_ms = readings.latency_ms(now, 95), readings.latency_ms(before, 95)
    trend = verdict(now_ms, before_ms, (now.count, before.count), floor=FLOOR_MS)
    if trend["verdict"] != "worse" or now_ms is None or before_ms is None or now_ms < FACTOR * before_ms:
        return None
    return Regression(key, before_ms, now_ms, trend["change"])


def _alert_item(alert: Alert) -> dict[str, str]:
    since = alert.fired_at or alert.pending_at
    return _item(alert.severity, str(alert.get_severity_display()), alert.message, _alerts_url(), since)


def _regression_item(found: Regression, query: PageQuery) -> dict[str, str]:
    text = _("p95 of %(endpoint)s rose from %(before)s to %(now)s (%(change)s) against the %(time)s before.") % {
        "endpoint": found.key,
        "before": formats.phrase(formats.duration(found.before_ms)),
        "now": formats.phrase(formats.duration(found.now_ms)),
        "change": found.change,
        "time": formats.RANGE_WORDS[query.range.name],
    }
    return _item("slower", _("slower"), text, endpoint_url(found.key, query), None)


def _of_project(query: PageQuery) -> Iterable[Notice]:
    """Return the project's own lines; a function that fails is counted and left out."""
    for path in get_config().attention:
        with guard.guarded(f"attention {path}"):
            yield from list(import_string(path)(query))[:MAX_NOTICES]


def _blind_item(label: str, scope: str, since: datetime | None) -> dict[str, str]:
    if scope:
        text = _("“%(rule)s” can't be judged for %(scope)s: no readings arrive.") % {"rule": label, "scope": scope}
    else:
        text = _("“%(rule)s” can't be judged: no readings arrive.") % {"rule": label}
    return _item("unknown", _("no data"), text, _alerts_url(), since)


def _blind() -> list[Any]:
    return [status for status in rules_without_data() if status.reason == "missing"][:MAX_REGRESSIONS]


def _alerts_url() -> str:
    try:
        return reverse("perfmon:alerts")
    except NoReverseMatch:
        return ""


def _item(level: str, word: str, text: str, url: str, since: datetime | None) -> dict[str, str]:
    return {
        "level": level,
        "word": word,
        "text": text,
        "url": url,
        "since": "" if since is None else since.isoformat(timespec="seconds"),
    }
