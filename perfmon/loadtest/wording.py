"""What a run has to say, in the reader's language: its notes and the verdicts on its thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from perfmon.panels import formats

#: By code; the values a note carries fill the sentence.
NOTES: dict[str, Any] = {
    "generator_busy": _(
        "The generator used %(cpu_pct).0f %% of a processor core: part of the latency is its own. Give it more "
        "processes (--workers), or another machine."
    ),
    "generator_late": _(
        "The generator was up to %(late_ms).0f ms late: the machine was too busy for it, and latencies are up to that "
        "much too long."
    ),
    "workers_lost": _(
        "%(count)d of the generator's workers died. The others took their share, and up to a second of their counts is "
        "missing."
    ),
    "users_all_busy": _(
        "All %(most_users)d users were waiting for answers, so arrivals had to wait for one of them. Their waiting is "
        "part of the latency."
    ),
    "host_busy": _(
        "This machine was busy to %(cpu_pct).0f %%. Generator and server share it: what was measured is the limit of "
        "both."
    ),
    "open_waited": _(
        "99 %% of requests were answered within %(latency_ms).0f ms of the moment they were due, though within "
        "%(service_ms).0f ms of being sent. The difference is waiting behind a stall: users who are due do not stop "
        "coming. A closed test sends nothing meanwhile, and would report about %(service_ms).0f ms."
    ),
    "open_counts_all": _(
        "p99 is %(p99_ms).0f ms and p50 %(p50_ms).0f ms: arrivals kept coming while answers were slow, and each one "
        "counts. In a closed test users who wait send nothing, so the same stall would count once for each of them, "
        "and might leave p99 where it was."
    ),
    "closed_hides": _(
        "The slowest answer took %(max_ms).0f ms, yet p99 is %(p99_ms).0f ms: users who wait send nothing, so a stall "
        "counts once for each of them, however many would have come. Run it with --model open to measure what "
        "arriving users see."
    ),
    "counts_differ": _(
        "The generator got %(client)d answers, the server counted %(server)d requests. A process that was killed, or "
        "measurements that were dropped, would explain that."
    ),
    "server_unseen": _(
        "The server's own figures are missing: it did not recognise the requests of this run. Does it run this project "
        "with the same SECRET_KEY, perfmon on, and the same Valkey?"
    ),
    "knee_not_found": _(
        "Nothing broke up to %(rate).0f arrivals a second. The limit is beyond: raise it with a profile of your own."
    ),
    "stopped": _("It was stopped before its end; the figures are those until then."),
    "died": _(
        "Its process ended without a word; nothing but its settings was kept. The log of the collector may say more."
    ),
    "not_started": _("No collector started it. Is one running? Start it: manage.py collect"),
    "unstartable": _("It could not be started: %(error)s"),
    "left_open": _("Its process ended with code %(exit_code)d. The collector's log says more."),
    "broken": _("%(why)s"),
    "left_over": _("What it made could not be removed: %(why)s Remove it with: manage.py loadtest --clean %(run)d"),
    "other_machine": _("The baseline was measured on another machine: the comparison says little."),
    "other_yardstick": _(
        "The baseline was measured with another yardstick (%(before)s, now %(after)s): nothing is judged. Save it anew."
    ),
    "other_profile": _("The runs had different settings (%(before)s, then %(after)s)."),
    "few_rounds": _("%(rounds)d rounds are too few to judge by; %(least)d are needed."),
    "route_new": _("%(name)s is new: there is nothing to compare it with."),
    "route_gone": _("%(name)s is gone: the baseline had it."),
    "route_failed": _("%(name)s was answered with status %(status)s, so it was not measured."),
    "maybe_cached": _(
        "%(name)s refuses a parameter it doesn't know, and there is no session to send: a cache may have answered "
        "instead of the code."
    ),
    "all_slower": _(
        "All routes became slower, by about %(pct).0f %%. On a busy machine that may be the machine: measure again "
        "when it is quiet, or beside the old build (--compare with its address)."
    ),
    "all_faster": _("All routes became faster, by about %(pct).0f %%. That may be the machine, or a busy baseline."),
    "machine_slower": _("The machine was %(pct).0f %% slower than for the baseline; that was divided out."),
    "machine_faster": _("The machine was %(pct).0f %% faster than for the baseline; that was divided out."),
}

_FIGURES: dict[str, Any] = {"errors": _("Errors"), "rate": _("Throughput"), "mean": _("Mean"), "max": _("Slowest")}


def note_text(note: Mapping[str, Any]) -> str:
    """Return a note as a sentence; one of an unknown code is shown as its code."""
    words = NOTES.get(note["code"])
    return str(words) % note if words is not None else str(note["code"])


def verdict_text(verdict: Mapping[str, Any]) -> str:
    """Return what was measured and what was allowed: ``p95: 612 ms, allowed 500 ms``."""
    name = str(_FIGURES.get(verdict["figure"], verdict["figure"]))
    if verdict["action"]:
        name = f"{verdict['action']}, {name}"
    measured, unit = verdict["measured"], verdict["unit"]
    if measured is None:
        return str(_("%(name)s: nothing was measured")) % {"name": name}
    values = {"name": name, "measured": _number(measured), "limit": _number(verdict["limit"]), "unit": unit}
    words = _("%(name)s: %(measured)s %(unit)s, at least %(limit)s %(unit)s wanted")
    if verdict["figure"] != "rate":
        words = _("%(name)s: %(measured)s %(unit)s, less than %(limit)s %(unit)s wanted")
    return str(words) % values


def _number(value: float) -> str:
    return formats.localize(f"{value:.0f}" if value >= 100 else f"{value:.3g}")
