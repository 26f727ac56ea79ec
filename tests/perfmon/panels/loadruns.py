"""Load tests made by hand, as the conductor would leave them: rows, and what both sides measured in the store."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from perfmon.loadtest.figures import KINDS, Measured, line
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.profiles import get_profile
from perfmon.loadtest.timeline import Timeline
from perfmon.series import NS_PER_MS, SeriesKey, Window, Windows

HOST = "http://127.0.0.1:8000"
NAMES = ["GET /articles/", "GET /articles/<slug>/"]
#: ms of each kind, the same for every request.
TIMES_MS = {"latency": 42.0, "service": 40.0, "server": 30.0, "queue": 2.0, "gap": 8.0}


def add_load(windows: Windows, run_id: int, *, requests: int = 20, failed: int = 0) -> None:
    """Count a second of a load test: as many requests of each action, the generator's state beside them."""
    for action in range(len(NAMES)):
        for kind in KINDS:
            window = windows.setdefault(SeriesKey(f"load_{kind}", f"{run_id}/{action}"), Window())
            for number in range(requests):
                window.add(round(TIMES_MS[kind] * NS_PER_MS), kind == "latency" and number < failed)
    for name, value in {"busy": 3, "cpu": 25_000, "target": 20_000}.items():
        windows[SeriesKey("load_state", f"{run_id}/{name}")] = Window(1, 0, value, value)


def new_run(status: RunStatus = RunStatus.QUEUED, *, profile: str = "load", **more: Any) -> LoadRun:
    """Store a run with nothing measured yet."""
    kept = get_profile(profile)
    return LoadRun.objects.create(
        profile_name=profile, model=kept.model, host=HOST, profile=kept.to_json(), status=status, **more
    )


def running(started: float, **more: Any) -> LoadRun:
    """Store a run that sends requests since ``started`` (Unix s)."""
    at = datetime.fromtimestamp(started, UTC)
    summary = {"start": int(started), "names": NAMES}
    return new_run(RunStatus.RUNNING, started_at=at, beat_at=timezone.now(), summary=summary, **more)


def finished(
    started: float,
    *,
    seconds: int = 60,
    status: RunStatus = RunStatus.PASSED,
    failed: int = 0,
    slower: float = 1.0,
    **more: Any,
) -> LoadRun:
    """Store a run with everything a run has at its end; ``slower`` multiplies its times."""
    began = datetime.fromtimestamp(started, UTC)
    course = Timeline(int(started))
    for second in range(seconds):
        state = {"target": 20.0, "busy": 3.0, "host_cpu_pct": 40.0, "generator_cpu_pct": 25.0}
        course.add(int(started) + second, _windows(10, failed, slower), state)
    failures = Counter({"503": failed}) if failed else Counter()
    lines = [line(name, _windows(300, failed, slower), failures, seconds, (300, 300)) for name in NAMES]
    total = line("", _windows(600, 2 * failed, slower), failures + failures, seconds, (600, 600))
    passed = status == RunStatus.PASSED
    verdict = {"text": "p95 < 50 ms", "action": "", "figure": "p95", "limit": 50.0 if passed else 20.0, "unit": "ms"}
    summary = {
        "elapsed_s": float(seconds),
        "actions": lines,
        "total": total,
        "counts": {"client": 600, "server": 600, "unanswered": 0, "agree": True, "difference_pct": 0.4},
        "generator": {"cpu_pct": 25.0, "late_ms": 2.0, "most_busy": 3},
        "knee": None,
    }
    return new_run(
        status, started_at=began, ended_at=began + timedelta(seconds=seconds), summary=summary,
        verdicts=[{**verdict, "measured": 42.0, "passed": passed}], series=course.to_json(),
        machine={"id": "3f2a91bc", "cpu": "A processor", "cores": 2, "memory_bytes": 8 << 30}, **more,
    )  # fmt: skip


def _windows(requests: int, failed: int, slower: float) -> dict[str, Window]:
    found: Measured = {"": {}}
    for kind in KINDS:
        window = found[""].setdefault(kind, Window())
        for number in range(requests):
            window.add(round(slower * TIMES_MS[kind] * NS_PER_MS), kind == "latency" and number < failed)
    return found[""]
