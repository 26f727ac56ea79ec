"""Runs as a conductor leaves them, measured by nobody: the same figures each time."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from perfmon.loadtest import thresholds
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.notes import notes_of
from perfmon.loadtest.plans import OPEN
from perfmon.loadtest.profiles import PROFILES, Profile, target_at
from perfmon.loadtest.tally import Tally
from perfmon.series import SeriesKey, Window, Windows
from perfmon.wire import rows_of

START = datetime(2026, 11, 28, 8, 12, 30, tzinfo=UTC)
MACHINE = {
    "id": "3f2a91c0", "cpu": "Processor of a test, 2.4 GHz", "cores": 2, "memory_bytes": 8 << 30,
    "system": "Linux 6.8", "python": "3.14.0", "django": "6.0",
}  # fmt: skip
#: Actions with their weight and what they take, in ms.
ACTIONS = {
    "GET /": (4, 9.0), "GET /articles/<slug>/": (6, 14.0), "GET /api/articles": (5, 2.2),
    "GET /search/": (2, 48.0), "POST /api/articles": (1, 95.0),
}  # fmt: skip
MS = 1_000_000
LIMITS = ("p95 < 2 s", "errors < 1 %")
STALL_S, GAP_S = (62, 65), (90, 94)  # when the server stood still, and when nothing was heard of the generator


def sample_run(
    profile: Profile | None = None, *, names: list[str] | None = None, limits: tuple[str, ...] = LIMITS, **changes: Any
) -> LoadRun:
    """Return a run of two minutes that is not stored; ``limits`` are its thresholds."""
    profile = profile or PROFILES["load"]
    names = names or list(ACTIONS)
    tally, server = _played(profile, names)
    summary = tally.summary(names, server)
    verdicts = thresholds.judge(map(thresholds.parse, limits), summary)
    passed = all(verdict["passed"] for verdict in verdicts)
    fields = {
        "pk": 12, "profile_name": profile.name, "model": profile.model, "host": "http://127.0.0.1:8000",
        "profile": profile.to_json(), "release": "2026.11.3",
        "status": RunStatus.PASSED if passed else RunStatus.FAILED,
        "machine": MACHINE, "created_at": START, "started_at": START, "ended_at": START + timedelta(seconds=121),
        "verdicts": verdicts, "summary": summary, "series": tally.timeline.to_json(),
        "notes": notes_of(summary, tally, profile, stopped=False),
    }  # fmt: skip
    return LoadRun(**{**fields, **changes})


def _played(profile: Profile, names: list[str]) -> tuple[Tally, dict[str, Window]]:
    """Return two minutes of frames, tallied, and what a server would have counted of them."""
    chance = random.Random(7)
    start = int(START.timestamp())
    tally, server, sent = Tally(start, profile.warm_up_s), {}, 0
    answered: dict[str, int] = {}
    for at_s in range(120):
        if GAP_S[0] <= at_s < GAP_S[1]:
            continue
        target = target_at(profile.stages, at_s)
        count = round(target if profile.model == OPEN else target * 3)
        windows, failures = _second(chance, names, count, max(0, STALL_S[1] - at_s) if at_s >= STALL_S[0] else 0)
        for (kind, action), window in windows.items():
            if kind == "server":
                server.setdefault(action, Window()).merge(window)
                answered[action] = answered.get(action, 0) + window.count
                sent += window.count
        frame = {
            "second": start + at_s, "rows": rows_of(windows), "users": 200, "busy": 2 + count // 10, "target": target,
            "waiting": 0, "cpu_pct": 21.0 + chance.random() * 9, "late_ms": 1.2, "failures": failures,
        }  # fmt: skip
        tally.add(frame, 46.0 + chance.random() * 12)
    tally.end({"sent": answered, "answered": answered})
    return tally, server


def _second(
    chance: random.Random, names: list[str], count: int, stalled_s: float
) -> tuple[Windows, dict[str, dict[str, int]]]:
    windows: Windows = {}
    failures: dict[str, dict[str, int]] = {}
    weights, takes_ms = zip(*(list(ACTIONS.values()) * len(names))[: len(names)], strict=True)
    for number in chance.choices(range(len(names)), weights, k=count):
        server_ms = takes_ms[number] * chance.lognormvariate(0, 0.4) + 600 * stalled_s * chance.random()
        queue_ms, gap_ms = 0.1 * chance.random() + 80 * stalled_s, 0.6 + chance.random()
        failed = chance.random() < 0.004
        service_ms = server_ms + queue_ms + gap_ms
        times = {"latency": service_ms, "service": service_ms, "server": server_ms, "queue": queue_ms, "gap": gap_ms}
        for kind, value_ms in times.items():
            window = windows.setdefault(SeriesKey(kind, str(number)), Window())
            window.add(round(value_ms * MS), failed and kind == "latency")
        if failed:
            reasons = failures.setdefault(str(number), {})
            reasons["503"] = reasons.get("503", 0) + 1
    return windows, failures
