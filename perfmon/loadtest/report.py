"""A run as one HTML file that is read without a network, a script or this site: everything it came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from perfmon.loadtest.drawing import clock, draw_run, short
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.omission import CODES, explanation
from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.profiles import Profile
from perfmon.loadtest.report_tables import MEASURES, action_of, comparison_of, knee_of, measurements_of
from perfmon.loadtest.runs_compared import comparison
from perfmon.loadtest.wording import note_text, verdict_text
from perfmon.panels import formats

TEMPLATE = "perfmon/loadtest_report.html"
TOKENS = Path(__file__).parent.parent / "static" / "perfmon" / "tokens.css"
SHAPES: dict[str, str] = {RunStatus.PASSED: "good", RunStatus.FAILED: "bad", RunStatus.BROKEN: "bad"}

Pairs = Iterator[tuple[str, str]]


def report_html(run: LoadRun) -> str:
    """Return the file, in the language that is active; of a run that measured nothing too."""
    profile = Profile.from_json(run.profile)
    total = run.summary.get("total") or {}
    compared = _comparison(run)
    reasons = list(_reasons(run, compared))
    context = {
        "run": run,
        "made_at": timezone.now(),
        "shape": SHAPES.get(run.status, "none"),
        "reasons": reasons,
        "figures": list(_figures(run.summary, total)),
        "facts": [pair for pair in _facts(run, profile) if pair[1]],
        "machine": [pair for pair in _machine(run) if pair[1]],
        "verdicts": [{**one, "words": verdict_text(one)} for one in run.verdicts],
        "notes": [text for note in run.notes if note["code"] not in CODES and (text := note_text(note)) not in reasons],
        "drawing": draw_run(run.series, run.verdicts, run.model, profile.warm_up_s),
        "knee": knee_of(run.summary.get("knee")),
        "measures": MEASURES,
        "total": action_of(total) if total else None,
        "actions": [action_of(line) for line in run.summary.get("actions", [])],
        "comparison": comparison_of(compared),
        "omission": explanation(run.model, total, run.notes, run.profile_name) if total else [],
        "measurements": measurements_of(run.series),
        "tokens": SafeString(TOKENS.read_text()),
    }
    return render_to_string(TEMPLATE, context)


def _reasons(run: LoadRun, compared: Mapping[str, Any] | None) -> Iterator[str]:
    """Say why the run came to its verdict."""
    failed = [verdict_text(verdict) for verdict in run.verdicts if not verdict["passed"]]
    yield from failed
    if compared and compared["failed"]:
        yield _("Slower than what it was compared with.")
    if run.status == RunStatus.PASSED:
        yield _("Every threshold was kept.") if run.verdicts else _("It had no thresholds: nothing was judged.")
    elif run.status in (RunStatus.QUEUED, RunStatus.RUNNING):
        yield _("It is not over: these are its figures so far.")
    elif run.status in (RunStatus.BROKEN, RunStatus.STOPPED) and run.notes and not failed:
        yield note_text(run.notes[0])


def _comparison(run: LoadRun) -> dict[str, Any] | None:
    """Return what its rounds came to, else its figures beside those of the run it was compared with."""
    if "comparison" in run.rounds or run.compared_with is None:
        return run.rounds.get("comparison")  # type: ignore[no-any-return]
    return comparison(run, run.compared_with)


def _figures(summary: Mapping[str, Any], total: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The figures at the top: label, value, unit."""
    if not total:
        return
    latency, counts = total["latency"], summary["counts"]
    yield {"label": _("Requests"), "text": number_format(total["count"], force_grouping=True), "unit": ""}
    yield {"label": _("Throughput"), **formats.rate(total["rate"])}
    yield {"label": _("Errors"), **formats.percent(total["error_pct"]), "bad": bool(total["errors"])}
    for name in ("p50", "p95", "p99"):
        yield {"label": _("Latency, %(percentile)s") % {"percentile": name}, **formats.duration(latency[name])}
    words = {True: _("agree"), False: _("differ"), None: _("unknown")}
    agree = counts["agree"]
    yield {"label": _("Counts"), "text": words[agree], "unit": "", "bad": agree is False}


def _facts(run: LoadRun, profile: Profile) -> Pairs:
    """What was run: label and words; those without words are left out."""
    measured_s = run.summary.get("elapsed_s")
    yield _("Profile"), run.profile_name
    yield pgettext("load test", "About"), _(profile.about) if profile.about else ""
    yield _("Model"), _model(run, profile)
    yield _("Address"), run.host
    yield _("Scenario"), run.scenario
    yield _("Release"), run.release
    yield pgettext("load test", "Started"), _moment(run.started_at)
    yield _("Ended"), _moment(run.ended_at)
    if run.started_at and run.ended_at:
        yield _("Took"), clock((run.ended_at - run.started_at).total_seconds())
    if measured_s:
        words = _("%(measured)s, after a warm-up of %(warm_up)s that is counted but not judged")
        yield _("Measured"), words % {"measured": clock(measured_s), "warm_up": clock(profile.warm_up_s)}
    yield _("Started by"), str(run.created_by or "")
    yield _("Baseline"), run.baseline or ""


def _counts(counts: Mapping[str, Any]) -> str:
    """Say what both sides counted over the whole run, warm-up included."""
    if not counts:
        return ""
    names = ("client", "server", "unanswered")
    values = {name: number_format(counts[name] or 0, force_grouping=True) for name in names}
    if counts["server"] is None:
        return _("The generator got %(client)s answers; what the server counted is not known.") % values
    words = _("The generator got %(client)s answers, %(unanswered)s requests had none; the server counted %(server)s.")
    if counts.get("difference_pct") is None:
        return words % values
    differ = _("The percentiles of both sides differ by at most %(difference)s.")
    return f"{words} {differ}" % {**values, "difference": formats.phrase(formats.percent(counts["difference_pct"]))}


def _model(run: LoadRun, profile: Profile) -> str:
    peak = profile.search.most if profile.search else max((stage.target for stage in profile.stages), default=0)
    values = {"peak": short(peak), "most_users": profile.most_users}
    if run.model == OPEN:
        return _("Open: at most %(peak)s arrivals a second, up to %(most_users)s requests at once") % values
    think = dict(zip(("low", "high"), map(short, profile.think_s), strict=True))
    return _("Closed: at most %(peak)s users, who pause %(low)s to %(high)s s between requests") % {**values, **think}


def _machine(run: LoadRun) -> Pairs:
    """Where it ran, and how busy the generator was there."""
    machine, generator = run.machine, run.summary.get("generator") or {}
    cores = machine.get("cores")
    yield _("Processor"), f"{cores} × {machine.get('cpu')}" if cores else ""
    yield _("Memory"), formats.phrase(formats.size(machine["memory_bytes"])) if machine.get("memory_bytes") else ""
    yield _("System"), machine.get("system", "")
    yield "Python, Django", ", ".join(filter(None, (machine.get("python"), machine.get("django"))))
    yield _("Machine"), machine.get("id", "")
    if generator:
        words = _("%(cpu)s of a core at most, up to %(late)s late, at most %(busy)s requests at once")
        yield (
            _("Generator"),
            words
            % {
                "cpu": formats.phrase(formats.percent(generator["cpu_pct"])),
                "late": formats.phrase(formats.duration(generator["late_ms"])),
                "busy": number_format(generator["most_busy"], force_grouping=True),
            },
        )
    yield _("Counts"), _counts(run.summary.get("counts") or {})


def _moment(at: Any) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC" if at else ""
