"""Whether the generator itself keeps up: its processor time, and how late its own timers are."""

from __future__ import annotations

import time

import gevent

from perfmon.loadtest.generator.users import now_ns
from perfmon.series import NS_PER_MS, Window

TICK_NS = 20 * NS_PER_MS
#: Less time than this is no second: what ends a run would fill the few milliseconds of its last frame.
SHORTEST_NS = 500 * NS_PER_MS
_NS_PER_S = 1_000_000_000


class Gauges:
    """Measures this process from one ``take`` to the next."""

    def __init__(self) -> None:
        self._lateness = Window()
        self._wall_ns, self._cpu_ns = now_ns(), time.process_time_ns()
        self._cpu_pct: float | None = None
        gevent.spawn(self._tick)

    def take(self) -> dict[str, float]:
        """Return ``cpu_pct`` of one core, all threads together, and ``late_ms``, the ticker's p99 lateness.

        The processor's time is that of half a second at least: sooner than that, the last reading is told again.
        """
        lateness, self._lateness = self._lateness, Window()
        return {"cpu_pct": self._read_cpu_pct(), "late_ms": round((lateness.percentile(99) or 0) / NS_PER_MS, 3)}

    def _read_cpu_pct(self) -> float:
        wall_ns, cpu_ns = now_ns(), time.process_time_ns()
        took_ns = wall_ns - self._wall_ns
        if self._cpu_pct is None or took_ns >= SHORTEST_NS:
            self._cpu_pct = round(100 * (cpu_ns - self._cpu_ns) / max(1, took_ns), 1)
            self._wall_ns, self._cpu_ns = wall_ns, cpu_ns
        return self._cpu_pct

    def _tick(self) -> None:
        due_ns = now_ns()
        while True:
            due_ns = max(due_ns, now_ns() - TICK_NS) + TICK_NS  # ticks missed as a whole are not made up for
            gevent.sleep(max(0, due_ns - now_ns()) / _NS_PER_S)
            self._lateness.add(max(0, now_ns() - due_ns))
