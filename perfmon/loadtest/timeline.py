"""The course of a run, a row a second, as its page and its report draw it; bounded however long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfmon.loadtest.figures import GAP, LATENCY, QUEUE, SERVER, SERVICE
from perfmon.series import NS_PER_MS, Window

MOST_ROWS = 1200
COLUMNS = (
    "at_s", "target", "busy", "rate", "errors", "latency_p50", "latency_p95", "latency_p99", "service_p95", "queue_p95",
    "server_p95", "gap_p95", "host_cpu_pct", "generator_cpu_pct",
)  # fmt: skip
_SUMMED = (COLUMNS.index("rate"), COLUMNS.index("errors"))  # of the others a longer step keeps the largest
_SECONDS = len(COLUMNS)  # a row's last place while it grows: how many seconds it stands for


class Timeline:
    """Rows of one second; past ``MOST_ROWS`` neighbours become one, and a step stands for twice as long."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._step_s = 1
        self._rows: dict[int, list[float | None]] = {}

    def add(self, second: int, windows: Mapping[str, Window], state: Mapping[str, float | None]) -> None:
        """Add one second: its windows by kind over all actions, and target, busy users and processors."""
        latency = windows.get(LATENCY) or Window()
        p50, p95, p99 = (_ms(value) for value in latency.percentiles((50, 95, 99)))
        of_kinds = [_ms((windows.get(kind) or Window()).percentile(95)) for kind in (SERVICE, QUEUE, SERVER, GAP)]
        row = [
            second - self._start, state.get("target"), state.get("busy"), latency.count, latency.errors, p50, p95, p99,
            *of_kinds, state.get("host_cpu_pct"), state.get("generator_cpu_pct"), 1,
        ]  # fmt: skip
        self._put(row)
        while len(self._rows) > MOST_ROWS:
            self._coarsen()

    def to_json(self) -> dict[str, Any]:
        """Return ``step_s start columns rows``; rate and errors are a second's mean over the step."""
        rows = []
        for at in sorted(self._rows):
            *row, seconds = self._rows[at]
            for place in _SUMMED:
                row[place] = round((row[place] or 0) / (seconds or 1), 3)
            rows.append(row)
        return {"step_s": self._step_s, "start": self._start, "columns": list(COLUMNS), "rows": rows}

    def _put(self, row: list[float | None]) -> None:
        at = int(row[0] or 0) // self._step_s * self._step_s
        row[0] = at
        held = self._rows.get(at)
        self._rows[at] = row if held is None else _joined(held, row)

    def _coarsen(self) -> None:
        self._step_s *= 2
        rows, self._rows = self._rows, {}
        for at in sorted(rows):
            self._put(rows[at])


def _joined(one: list[float | None], other: list[float | None]) -> list[float | None]:
    joined: list[float | None] = [one[0]]
    for place, (left, right) in enumerate(zip(one[1:], other[1:], strict=True), 1):
        known = [value for value in (left, right) if value is not None]
        joined.append((sum(known) if place in {*_SUMMED, _SECONDS} else max(known)) if known else None)
    return joined


def _ms(value_ns: float | None) -> float | None:
    return None if value_ns is None else round(value_ns / NS_PER_MS, 3)
