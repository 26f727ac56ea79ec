"""What a run came to, action by action, from the windows of the generator and of the server; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from perfmon.series import NS_PER_MS, Window

#: Of each request: from its intended start, from its sending, the server's own time and what it waited before that
#: (both as the answer tells), and the rest of the latency, which neither explains: generator, network, accept queue.
LATENCY, SERVICE, SERVER, QUEUE, GAP = "latency", "service", "server", "queue", "gap"
KINDS = (LATENCY, SERVICE, SERVER, QUEUE, GAP)
#: Of websockets: frames with their delays, and how many were skipped for slow readers; in no total of requests.
FRAME, SKIPPED = "frame", "skipped"
PERCENTS = (50.0, 95.0, 99.0)

#: By kind, then by action number.
Measured = dict[str, dict[str, Window]]


def times_ms(window: Window | None) -> dict[str, float | None]:
    """Return p50, p95, p99, mean and max in ms, None where nothing was measured."""
    window = window or Window()
    values = dict(zip(("p50", "p95", "p99"), window.percentiles(PERCENTS), strict=True))
    figures = {**values, "mean": window.mean, "max": float(window.max) if window.count else None}
    return {name: None if value is None else round(value / NS_PER_MS, 3) for name, value in figures.items()}


def line(
    name: str, measured: Mapping[str, Window], failures: Counter[str], elapsed_s: float, counts: tuple[int, int | None]
) -> dict[str, Any]:
    """Return one row of the figures: ``counts`` are the client's and the server's over the whole run.

    Where there is nothing but a socket's frames, these are what is counted, which no server does; latency is their
    delay.
    """
    if FRAME in measured and LATENCY not in measured:
        measured = {**measured, LATENCY: measured[FRAME]}
        counts = measured[FRAME].count, None
    latency = measured.get(LATENCY) or Window()
    return {
        "name": name,
        "count": latency.count,
        "errors": latency.errors,
        "error_pct": None if latency.error_pct is None else round(latency.error_pct, 4),
        "rate": round(latency.count / elapsed_s, 3) if elapsed_s else None,
        **{kind: times_ms(measured.get(kind)) for kind in KINDS},
        "skipped": (measured.get(SKIPPED) or Window()).sum,
        "failures": dict(failures.most_common(10)),
        "client_count": counts[0],
        "server_count": counts[1],
    }
