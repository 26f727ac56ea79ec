"""Load tests as the pages read them: a run once a payload, without the columns that nobody asked for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.urls import NoReverseMatch, reverse

from perfmon.loadtest.models import OPEN_STATUSES, LoadRun, RunStatus
from perfmon.loadtest.runs import run_open
from perfmon.panels import formats, readings

#: The shape and the ink of a status, as the levels of alerts have them; passed is good, the rest are words alone.
LEVELS = {
    RunStatus.PASSED: "good",
    RunStatus.FAILED: "critical",
    RunStatus.BROKEN: "warning",
    RunStatus.RUNNING: "running",
}


def run_of(number: str) -> LoadRun | None:
    """Return a run without its course, which is large and read where it is drawn; None when there is none."""
    rows = LoadRun.objects.defer("series", "rounds").select_related("created_by")
    return readings.once(("load_run", number), lambda: rows.filter(pk=int(number)).first())


def open_run() -> LoadRun | None:
    """Return the run that is on or waits."""
    return readings.once(("load_run", "open"), run_open)


def is_open(run: LoadRun) -> bool:
    """Tell whether a run is still to end."""
    return run.status in OPEN_STATUSES


def status_words(run: LoadRun) -> dict[str, str]:
    """Return a run's status with its word and level."""
    level = LEVELS.get(RunStatus(run.status), "unknown")
    return {"status": run.status, "word": str(run.get_status_display()), "level": level}


def iso(moment: datetime | None) -> str:
    """A moment as frames carry it."""
    return "" if moment is None else moment.isoformat(timespec="seconds")


def url_of(name: str, *arguments: Any) -> str:
    """Return an address of the dashboard's; empty where the project does not serve it."""
    try:
        return reverse(f"perfmon:{name}", args=arguments)
    except NoReverseMatch:
        return ""


def span(seconds: float | None) -> str:
    """A length of time as ``45 s``, ``1 min 30 s`` or ``1 h 5 min``."""
    if seconds is None:
        return formats.NOTHING
    minutes, rest_s = divmod(round(seconds), 60)
    hours, rest_min = divmod(minutes, 60)
    parts = [(hours, "h"), (rest_min, "min"), (0 if hours else rest_s, "s")]
    return " ".join(f"{size}\N{NO-BREAK SPACE}{unit}" for size, unit in parts if size) or "0\N{NO-BREAK SPACE}s"
