"""The list of load tests, and the run that is on: on its own page and, while it lasts, on the overview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from perfmon.loadtest.estimates import longest_s
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.profiles import Profile
from perfmon.panels import formats
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.curves import curves_of
from perfmon.panels.drawing import draw
from perfmon.panels.loadcharts import OVERLAY, charts_of
from perfmon.panels.loadrows import iso, open_run, span, status_words, url_of

ROWS = 20
OVERLAY_POINTS = 120


class LoadTestsPanel(Panel):
    """A row for each run, newest first, a page of them at a time; above them the one that is on."""

    name = "load_tests"
    pages = ("loadtests",)
    template = "perfmon/panels/load_tests.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``runs``, the addresses of ``newer`` and ``older`` ones, and ``open`` or None; reads SQL only."""
        page = int(query.key or 1)
        rows = LoadRun.objects.defer("series", "rounds", "machine", "notes")
        found = list(rows[(page - 1) * ROWS : page * ROWS + 1])
        here = url_of("loadtests")
        run = open_run()
        return {
            "runs": [_row(one) for one in found[:ROWS]],
            "newer": f"{here}?page={page - 1}" if page > 1 else "",
            "older": f"{here}?page={page + 1}" if len(found) > ROWS else "",
            "open": None if run is None else progress(run, query.now),
        }


class OverlayPanel(Panel):
    """The run that is on, over the site's own figures; nothing while none is."""

    name = "load_overlay"
    pages = ("overview",)
    template = "perfmon/panels/load_overlay.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return the ``run`` that is on and the ``frame`` of its charts, or None for both; raises StoreUnavailable."""
        run = open_run()
        if run is None or "start" not in run.summary:
            return {"run": None, "frame": None}
        curves = curves_of(run, query.now, OVERLAY_POINTS)
        frame = {"start": curves.start, "step_s": curves.step_s, "points": curves.points, "markers": []}
        return {"run": progress(run, query.now), "frame": frame | {"charts": charts_of(OVERLAY, curves, run)}}

    def page_context(self, data: dict[str, Any], query: PageQuery, params: Mapping[str, str]) -> dict[str, Any]:
        """Add the charts as drawn; while no run is on they wait, empty and hidden, for the first frame of one."""
        frame = data["frame"] or {"start": int(query.now), "step_s": 1, "charts": charts_of(OVERLAY, None, None)}
        return {"drawn": [chart | draw(chart, frame["start"], frame["step_s"]) for chart in frame["charts"]]}


def progress(run: LoadRun, now: float) -> dict[str, Any]:
    """Return how far a run is, in words and ``pct`` (None where nobody knows), with its name, status and address."""
    profile, start = Profile.from_json(run.profile), run.summary.get("start")
    whole_s = longest_s(profile)
    elapsed_s = now - start if start else 0.0
    return {
        "id": run.pk,
        "title": _("Load test %(number)d: %(profile)s") % {"number": run.pk, "profile": run.profile_name},
        "url": url_of("loadtest", run.pk),
        "pct": None if profile.search or not start else max(0, min(100, round(100 * elapsed_s / whole_s))),
        "text": _progress_text(run, profile, elapsed_s, whole_s),
        "stop_url": "" if run.stop_asked else url_of("loadtest_stop", run.pk),
        **status_words(run),
    }


def _progress_text(run: LoadRun, profile: Profile, elapsed_s: float, whole_s: float) -> str:
    if run.started_at is None:
        return _("Waiting for the collector to start it.")
    if run.stop_asked:
        return _("Stopping: requests that are under way are waited for.")
    if not elapsed_s:
        return _("Preparing users and data.")
    values = {"elapsed": span(int(elapsed_s)), "whole": span(whole_s)}
    if profile.search is not None:
        return _("%(elapsed)s so far, %(whole)s at most") % values
    left_s = int(whole_s - elapsed_s)
    if left_s <= 0:
        return _("Done; the last answers are waited for, and figures are added up.")
    return _("%(elapsed)s of %(whole)s, %(left)s to go") % {**values, "left": span(left_s)}


def model_word(run: LoadRun) -> str:
    """Return what a run's targets are: arrivals a second, or users."""
    return pgettext("load model", "open") if run.model == OPEN else pgettext("load model", "closed")


def _row(run: LoadRun) -> dict[str, Any]:
    total = run.summary.get("total") or {}
    latency = total.get("latency") or {}
    seconds = None if run.started_at is None or run.ended_at is None else run.ended_at - run.started_at
    return {
        "id": run.pk,
        "url": url_of("loadtest", run.pk),
        "at": iso(run.started_at or run.created_at),
        "profile": run.profile_name,
        "model": model_word(run),
        "host": run.host,
        "took": span(None if seconds is None else round(seconds.total_seconds())),
        "rate": formats.phrase(formats.rate(total.get("rate"))),
        "p95": formats.phrase(formats.duration(latency.get("p95"))),
        "errors": formats.phrase(formats.percent(total.get("error_pct"))),
        "failing": bool(total.get("errors")),
        "baseline": run.baseline or "",
        **status_words(run),
    }
