"""What a load test did, action by action: both sides' counts, both sides' times, and why requests failed."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.utils.translation import gettext as _

from perfmon.loadtest.figures import GAP, KINDS, LATENCY, QUEUE, SERVER, SERVICE, line
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.reasons import reason_text
from perfmon.panels import formats
from perfmon.panels.base import PageQuery, Panel
from perfmon.panels.loadrows import is_open, run_of
from perfmon.series import TOTAL_KEY, Window
from perfmon.store.selectors import fine_totals

MAX_ACTIONS = 60
MAX_REASONS = 3


class LoadActionsPanel(Panel):
    """A row for each action and one for all: while the run is on as measured so far, afterwards as it was stored."""

    name = "load_actions"
    pages = ("loadtest",)
    template = "perfmon/panels/load_actions.html"
    steady = False

    def data(self, query: PageQuery) -> dict[str, Any]:
        """Return ``actions``, the whole first, and whether they are ``live``; raises StoreUnavailable while it runs."""
        run = run_of(query.key)
        if run is None:
            return {"actions": [], "live": False}
        live = is_open(run)
        lines = _live(run, query.now) if live else _kept(run)
        return {"actions": [_row(number, one, live) for number, one in enumerate(lines)], "live": live}


def _kept(run: LoadRun) -> list[dict[str, Any]]:
    total = run.summary.get("total")
    return [total | {"name": ""}, *run.summary.get("actions", [])[:MAX_ACTIONS]] if total else []


def _live(run: LoadRun, now: float) -> list[dict[str, Any]]:
    """Add up what both sides have measured since the run began."""
    if "start" not in run.summary:
        return []
    head, start, names = f"{run.pk}/", run.summary["start"], run.summary["names"]
    by_action: dict[str, dict[str, Window]] = {}
    for kind in KINDS:
        for key, window in fine_totals(f"load_{kind}", start, now).items():
            if key.startswith(head):
                by_action.setdefault(key.removeprefix(head), {})[kind] = window
    total = by_action.pop(TOTAL_KEY, None)
    if total is None:
        return []
    elapsed_s = max(1.0, now - start)
    numbers = sorted((key for key in by_action if key.isdigit()), key=int)[:MAX_ACTIONS]
    return [
        _line("", total, elapsed_s),
        *(_line(_name(names, int(number)), by_action[number], elapsed_s) for number in numbers),
    ]


def _line(name: str, measured: dict[str, Window], elapsed_s: float) -> dict[str, Any]:
    client, server = measured.get(LATENCY) or Window(), measured.get(SERVER)
    return line(name, measured, Counter(), elapsed_s, (client.count, server.count if server else None))


def _name(names: list[str], number: int) -> str:
    return names[number] if number < len(names) else _("action %(number)d") % {"number": number}


def _row(number: int, one: dict[str, Any], live: bool) -> dict[str, Any]:
    client, server = one["client_count"], one["server_count"]
    agree = "" if live or server is None else "yes" if client == server else "no"
    return {
        "key": number,
        "all": not one["name"],
        "name": one["name"] or _("All actions"),
        "client": f"{client}",
        "server": formats.NOTHING if server is None else f"{server}",
        "agree": agree,
        "agree_word": {"yes": _("agree"), "no": _("differ")}.get(agree, ""),
        "differs": agree == "no",
        "rate": formats.phrase(formats.rate(one["rate"])),
        **{name: _ms(one[LATENCY][name]) for name in ("p50", "p95", "p99")},
        **{f"{kind}_p95": _ms(one[kind]["p95"]) for kind in (SERVICE, SERVER, QUEUE, GAP)},
        "errors": _errors(one),
        "failing": bool(one["errors"]),
    }


def _ms(value: float | None) -> str:
    return formats.phrase(formats.duration(value))


def _errors(one: dict[str, Any]) -> str:
    """Return how many failed, and of each why the most frequent reasons."""
    if not one["errors"]:
        return "0"
    reasons = [
        f"{count}\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}{reason_text(why)}" for why, count in one["failures"].items()
    ]
    return f"{one['errors']}: {', '.join(reasons[:MAX_REASONS])}" if reasons else f"{one['errors']}"
