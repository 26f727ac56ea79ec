"""One load test: its verdict and why, what it was, its course."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from perfmon.loadtest.estimates import longest_s
from perfmon.loadtest.models import FINISHED_STATUSES, LoadRun, RunStatus
from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.profiles import Profile
from perfmon.loadtest.report_tables import knee_of
from perfmon.loadtest.wording import note_text, verdict_text
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.curves import curves_of
from perfmon.panels.loadcharts import charts_of, specs_of
from perfmon.panels.loadrows import is_open, run_of, span, status_words, url_of
from perfmon.panels.loadtests import model_word, progress
from perfmon.panels.markers import ALERTS, markers_of
from perfmon.panels.timecharts import TimeCharts

POINTS = 240


class LoadTestPanel(Panel):
    """The verdict first, then why; while the run is on its progress."""

    name = "load_test"
    pages = ("loadtest",)
    template = "perfmon/panels/load_test.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return the run's ``heading``, ``verdicts``, ``notes`` and ``knee``; ``known`` is false when it is gone."""
        run = run_of(query.key)
        if run is None:
            return {"known": False}
        return {
            "known": True,
            "open": is_open(run),
            "measured": run.status in FINISHED_STATUSES,
            "progress": progress(run, query.now),
            "heading": _heading(run),
            "verdicts": sorted(map(_verdict, count(), run.verdicts), key=lambda one: one["level"] == "good"),
            "notes": [{"key": note["code"], "text": note_text(note)} for note in run.notes],
            "knee": _knee(run),
            "baseline": run.baseline or "",
            "compared": _compared(run),
            **status_words(run),
        }


class LoadFactsPanel(Panel):
    """What was asked for, where and by whom: at the bottom, for it is seldom what one came for."""

    name = "load_facts"
    pages = ("loadtest",)
    template = "perfmon/panels/load_facts.html"

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``facts``; reads SQL only."""
        run = run_of(query.key)
        return {"facts": [] if run is None else _facts(run)}


class LoadChartsPanel(TimeCharts):
    """The course of the run, live and afterwards."""

    pages = ("loadtest",)
    template = "perfmon/panels/load_charts.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return as ``TimeCharts`` does, over the run instead of the range; raises StoreUnavailable while it runs."""
        run = run_of(query.key)
        if run is None:
            return {"start": int(query.now), "step_s": 1, "points": 0, "charts": [], "markers": []}
        curves = curves_of(run, query.now, POINTS)
        span_s = curves.points * curves.step_s
        return {
            "start": curves.start,
            "step_s": curves.step_s,
            "points": curves.points,
            "charts": charts_of(specs_of(run), curves, run),
            "markers": markers_of(curves.start, curves.start + span_s, ALERTS),
        }


def _heading(run: LoadRun) -> str:
    """Say how it ended in a sentence."""
    missed = sum(not one["passed"] for one in run.verdicts)
    held = len(run.verdicts)
    if run.status == RunStatus.PASSED and held:
        text = ngettext("It held its threshold.", "It held all %(count)d thresholds.", held)
        return text % {"count": held}
    if run.status == RunStatus.FAILED and missed:
        text = ngettext(
            "It missed %(missed)d of %(count)d threshold.", "It missed %(missed)d of %(count)d thresholds.", held
        )
        return text % {"missed": missed, "count": held}
    return ""


def _verdict(number: int, verdict: dict[str, Any]) -> dict[str, Any]:
    """Return a threshold with what was measured, and whether that held."""
    passed = verdict["passed"]
    return {
        "key": number,
        "level": "good" if passed else "critical",
        "word": pgettext("threshold", "held") if passed else pgettext("threshold", "missed"),
        "text": verdict_text(verdict),
    }


def _knee(run: LoadRun) -> list[dict[str, Any]]:
    """Say where a search found the limit, how that showed, and how long recovering took."""
    found = knee_of(run.summary.get("knee"))
    return [{"key": number, "text": words} for number, words in enumerate(found["words"] if found else [])]


def _facts(run: LoadRun) -> list[dict[str, str]]:
    """Return what was asked for, where and by whom."""
    profile, machine = Profile.from_json(run.profile), run.machine
    by = run.created_by.get_username() if run.created_by else ""
    cores = ngettext("%(count)d core", "%(count)d cores", machine.get("cores", 0)) % {"count": machine.get("cores", 0)}
    facts = (
        ("profile", _("Profile"), f"{run.profile_name}, {_shape(run, profile)}"),
        ("host", _("Address"), run.host),
        ("scenario", _("Scenario"), run.scenario),
        ("release", _("Release"), run.release),
        ("machine", _("Machine"), f"{machine['id']}: {machine['cpu']}, {cores}" if machine.get("id") else ""),
        ("by", _("Started by"), by),
    )
    return [{"key": key, "label": label, "text": text} for key, label, text in facts if text]


def _shape(run: LoadRun, profile: Profile) -> str:
    """Say what the load looked like: ``open model, up to 20 arrivals/s, 2 min``."""
    values = {"model": model_word(run), "span": span(longest_s(profile))}
    if profile.search is not None:
        words = _("%(model)s model, from %(start)g arrivals a second to the limit or %(most)g, %(span)s at most")
        return words % {**values, "start": profile.search.start, "most": profile.search.most}
    peak = max((stage.target for stage in profile.stages), default=0)
    words = _("%(model)s model, up to %(peak)g users at once, %(span)s")
    if run.model == OPEN:
        words = _("%(model)s model, up to %(peak)g arrivals a second, %(span)s")
    return words % {**values, "peak": peak}


def _compared(run: LoadRun) -> str:
    """Return the address of the comparison that was part of the run's verdict."""
    other = run.compared_with_id
    return f"{url_of('comparison', run.pk)}?with={other}" if other else ""
