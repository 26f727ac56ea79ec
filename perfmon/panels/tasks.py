"""Celery's queues and tasks: what waits and for how long, what ran, how it ended, and who is there to work."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from perfmon.conf import get_budgets, get_config
from perfmon.exceptions import StoreUnavailable
from perfmon.panels import formats, readings
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.keyfigures import KeyFigure, errors, figure_of, latency, rate
from perfmon.panels.timecharts import TimeCharts, make_chart, make_series
from perfmon.recorders.queues import MAX_QUEUES, NO_APP, queue_names
from perfmon.recorders.tasks import SIGNALS
from perfmon.series import NS_PER_MS, OVERFLOW_KEY, TOTAL_KEY, Window

MAX_TASKS = 60
MAX_WORKERS_NAMED = 4
INKS = tuple(f"series-{letter}" for letter in "abcdef")  # a chart has as many series at most
FIGURES = (
    KeyFigure(
        "runs", gettext_lazy("Runs"), "task", TOTAL_KEY, rate, formats.rate, 0.1, higher_is_better=True, neutral=True
    ),
    KeyFigure("failed", gettext_lazy("Failed runs"), "task", TOTAL_KEY, errors, formats.percent, 0.1),
    KeyFigure("run", gettext_lazy("Run time, p95"), "task", TOTAL_KEY, partial(latency, 95), formats.duration, 1),
    KeyFigure(
        "wait", gettext_lazy("Wait in a queue, p95"), "queue_wait", TOTAL_KEY, partial(latency, 95), formats.duration, 1
    ),
)  # fmt: skip


class TaskFiguresPanel(Panel):
    """Four figures over all tasks."""

    name = "task_figures"
    pages = ("tasks",)
    template = "perfmon/panels/figures.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``figures``, one dict each; raises StoreUnavailable."""
        return {"figures": [figure_of(spec, query) for spec in FIGURES]}


class TaskChartsPanel(TimeCharts):
    """Lengths of the queues, waits in them, and how many tasks ran; a line for each queue of the settings."""

    pages = ("tasks",)

    def charts(self, query: PageQuery) -> list[dict[str, Any]]:
        """Return the charts; their series are the settings' queues, so they stay the same."""
        names = known_queues()[: len(INKS)]
        lengths = readings.timeline(query, "queue_length", *names) if names else {}
        waits = readings.timeline(query, "queue_wait", *names) if names else {}
        limit_ms = get_budgets().alert_queue_wait_ms
        label = _("warning %(limit)s") % {"limit": formats.target(formats.duration(limit_ms))}
        return [
            make_chart("queue_lengths", _("Tasks that wait"), "", _lines(names, lengths, lambda window: window.mean)),
            make_chart(
                "queue_waits", _("Wait in a queue, p95"), "ms",
                _lines(names, waits, lambda window: readings.latency_ms(window, 95)),
                targets=[(limit_ms, label)], log=True,
            ),
        ]  # fmt: skip


class QueuesPanel(Panel):
    """A row for each queue, and the workers that are online."""

    name = "queues"
    pages = ("tasks",)
    template = "perfmon/panels/queues.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``queues``, those of the settings and of measurements, and the ``workers`` in a sentence.

        Nothing is said of workers, which may be there, while no measurements arrive. Raises StoreUnavailable.
        """
        waits, lengths = readings.totals(query, "queue_wait"), readings.totals(query, "queue_length")
        names = list(dict.fromkeys([*known_queues(), *sorted((waits.keys() | lengths.keys()) - {TOTAL_KEY})]))
        now = _latest(query, "queue_length")
        rows = [_queue(name, now.get(name), lengths.get(name), waits.get(name), query) for name in names[:MAX_QUEUES]]
        workers, measured = _latest(query, "worker"), bool(_latest(query, "self"))
        idle = measured and not workers
        return {"queues": rows, "workers": _workers(workers) if workers or idle else "", "idle": idle}


class TasksPanel(Panel):
    """The tasks that ran in the range, those first that took the most time."""

    name = "tasks"
    pages = ("tasks",)
    template = "perfmon/panels/tasks.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``tasks`` and how many ``others`` there are; raises StoreUnavailable."""
        runs = readings.totals(query, "task")
        waits, retries = readings.totals(query, "task_wait"), readings.totals(query, "task_retry")
        names = sorted((runs.keys() | waits.keys()) - {TOTAL_KEY}, key=lambda name: (-runs.get(name, NONE).sum, name))
        whole = runs.get(TOTAL_KEY, NONE)
        seconds = readings.covered_s(query)
        rows = [
            _task(name, runs.get(name, NONE), waits.get(name), retries.get(name, NONE), whole, seconds)
            for name in names[:MAX_TASKS]
        ]
        others = len(names) - MAX_TASKS
        text = ngettext("%(count)d more task", "%(count)d more tasks", max(0, others)) % {"count": others}
        return {"tasks": rows, "others": text if others > 0 else "", "celery": has_celery()}

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the range in words."""
        return {"time": formats.RANGE_WORDS[query.range.name]}


NONE = Window()


def has_celery() -> bool:
    """Tell whether this project has a Celery application."""
    if SIGNALS not in sys.modules:
        return False
    from celery import current_app

    return bool(current_app.main != NO_APP)


def known_queues() -> list[str]:
    """Return the queues that the settings name; none without Celery."""
    if not has_celery():
        return []
    from celery import current_app

    return queue_names(current_app)[:MAX_QUEUES]


def _latest(query: PageQuery, kind: str) -> dict[str, Window]:
    try:
        return readings.latest(query, kind)
    except StoreUnavailable:  # seconds are not there; the range's own figures may be
        return {}


def _lines(names: list[str], points: Mapping[str, Any], of: Any) -> list[dict[str, Any]]:
    return [make_series(ink, name, readings.each(points[name], of)) for ink, name in zip(INKS, names, strict=False)]


def _queue(
    name: str, now: Window | None, over: Window | None, waits: Window | None, query: PageQuery
) -> dict[str, Any]:
    p50_ms, p95_ms = readings.latency_ms(waits, 50), readings.latency_ms(waits, 95)
    patient = name in get_config().patient_queues
    waiting = None if now is None or now.mean is None else now.mean
    return {
        "name": name,
        "patient": patient,
        "waiting": formats.phrase(formats.count(waiting)),
        "peak": formats.phrase(formats.count(None if over is None else over.max)),
        "taken": formats.phrase(formats.rate(60 * (waits or NONE).count / readings.covered_s(query), "/min")),
        "p50": formats.phrase(formats.duration(p50_ms)),
        "p95": formats.phrase(formats.duration(p95_ms)),
        "over": not patient and p95_ms is not None and p95_ms > get_budgets().alert_queue_wait_ms,
    }


def _task(
    name: str, runs: Window, waits: Window | None, retries: Window, whole: Window, seconds: float
) -> dict[str, Any]:
    module, _dot, short = name.rpartition(".")
    share_pct = readings.share_pct(runs, whole)
    return {
        "key": name,
        "task": short if name != OVERFLOW_KEY else name,
        "module": module,
        "part": round(share_pct or 0, 1),
        "share": formats.phrase(formats.percent(share_pct)),
        "runs": formats.phrase(formats.rate(60 * runs.count / seconds, "/min")),
        "p50": formats.phrase(formats.duration(readings.latency_ms(runs, 50))),
        "p95": formats.phrase(formats.duration(readings.latency_ms(runs, 95))),
        "max": formats.phrase(formats.duration(runs.max / NS_PER_MS if runs.count else None)),
        "wait": formats.phrase(formats.duration(readings.latency_ms(waits, 95))),
        "failed": formats.phrase(formats.count(runs.errors)),
        "is_failing": bool(runs.errors),
        "retries": formats.phrase(formats.count(retries.count)),
    }


def _workers(workers: Mapping[str, Window]) -> str:
    """Say who is there: ``2 workers online: celery@web1 (4 at once), celery@web2 (4 at once)``."""
    if not workers:
        return _("No worker is online: whatever is sent to a queue waits there.")
    named = [
        _("%(worker)s (%(count)d at once)") % {"worker": name, "count": window.max}
        for name, window in sorted(workers.items())[:MAX_WORKERS_NAMED]
    ]
    more = len(workers) - len(named)
    line = ngettext("%(count)d worker online: %(names)s", "%(count)d workers online: %(names)s", len(workers))
    names = ", ".join([*named, _("%(count)d more") % {"count": more}] if more else named)
    return line % {"count": len(workers), "names": names}
