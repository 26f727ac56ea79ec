"""What the generator's frames come to: figures by action, the course of the run, how busy the generator was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from perfmon.loadtest.figures import LATENCY, SERVER, Measured, line
from perfmon.loadtest.timeline import Timeline
from perfmon.series import SeriesKey, Window, Windows
from perfmon.wire import merge_rows

#: The kind in perfmon's own store of each kind of the generator's that the dashboard draws.
STORED = {"latency": "load_latency", "service": "load_service", "gap": "load_gap"}


class Tally:
    """Adds frames up. What comes in the warm-up is counted but left out of the figures."""

    def __init__(self, start: int, warm_up_s: float) -> None:
        self.timeline = Timeline(start)
        self.sent: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.most_cpu_pct = self.most_late_ms = 0.0
        self._cpu_pcts: list[float] = []
        self._host_cpu_pcts: list[float] = []
        self.most_busy = self.lost_workers = 0
        self._from = start + warm_up_s
        self._measured: Measured = {}
        self._told: Measured = {}  # the server's times of the whole run, as answers told them
        self._failures: dict[str, Counter[str]] = {}
        self._first: int | None = None
        self._last = start

    def add(self, frame: Mapping[str, Any], host_cpu_pct: float) -> Windows:
        """Add a second's frame and return its windows by kind and action."""
        second = int(frame["second"])
        windows: Windows = {}
        merge_rows(windows, frame["rows"])
        self._note_load(frame, host_cpu_pct)
        self._add_up({key: window for key, window in windows.items() if key.kind == SERVER}, self._told)
        if second >= self._from:
            self._first = second if self._first is None else self._first
            self._last = max(self._last, second)
            self._add_up(windows, self._measured)
            for action, reasons in frame["failures"].items():
                self._failures.setdefault(action, Counter()).update(reasons)
        state = {"target": frame["target"], "busy": frame["busy"], "host_cpu_pct": host_cpu_pct}
        whole = _whole(windows)
        self.timeline.add(second, whole, state | {"generator_cpu_pct": frame["cpu_pct"]})
        return windows

    def end(self, frame: Mapping[str, Any]) -> None:
        """Take the exact counts of the last frame."""
        self.sent.update(frame["sent"])
        self.answered.update(frame["answered"])
        self.lost_workers = frame.get("lost", 0)

    def summary(self, names: Sequence[str], server: Mapping[str, Window] | None) -> dict[str, Any]:
        """Return the run's figures; ``server`` are its own windows by action's number, None when it has none."""
        elapsed_s = float(self._last - self._first + 1) if self._first is not None else 0.0
        lines = [self._line(str(number), name, elapsed_s, server) for number, name in enumerate(names)]
        whole = {kind: _sum(by_action.values()) for kind, by_action in self._measured.items()}
        failures = sum(self._failures.values(), Counter())
        counts = self._counts(server)
        return {
            "elapsed_s": elapsed_s,
            "actions": lines,
            "total": line("", whole, failures, elapsed_s, (counts["client"], counts["server"])),
            "counts": counts,
            "generator": {"cpu_pct": self.most_cpu_pct, "late_ms": self.most_late_ms, "most_busy": self.most_busy},
            "knee": None,
        }

    @property
    def usual_cpu_pct(self) -> float:
        """How busy the generator was, in percent of a core: the median second."""
        return median(self._cpu_pcts or [0.0])

    @property
    def usual_host_cpu_pct(self) -> float:
        """How busy this machine was: the median second."""
        return median(self._host_cpu_pcts or [0.0])

    def _line(self, number: str, name: str, elapsed_s: float, server: Mapping[str, Window] | None) -> dict[str, Any]:
        measured = {kind: by_action[number] for kind, by_action in self._measured.items() if number in by_action}
        counted = None if server is None else server.get(number, Window()).count
        failures = self._failures.get(number, Counter())
        return line(name, measured, failures, elapsed_s, (self.answered[number], counted))

    def _counts(self, server: Mapping[str, Window] | None) -> dict[str, Any]:
        client, sent = self.answered.total(), self.sent.total()
        counted = None if server is None else sum(window.count for window in server.values())
        agree = None if counted is None else client <= counted <= sent
        told, seen = _sum(self._told.get(SERVER, {}).values()), _sum((server or {}).values())
        return {
            "client": client, "server": counted, "unanswered": sent - client, "agree": agree,
            "difference_pct": _difference_pct(told, seen) if counted else None,
        }  # fmt: skip

    def _note_load(self, frame: Mapping[str, Any], host_cpu_pct: float) -> None:
        self.most_cpu_pct = max(self.most_cpu_pct, frame["cpu_pct"])
        self.most_late_ms = max(self.most_late_ms, frame["late_ms"])
        self.most_busy = max(self.most_busy, frame["busy"])
        self._cpu_pcts.append(frame["cpu_pct"])
        self._host_cpu_pcts.append(host_cpu_pct)

    @staticmethod
    def _add_up(windows: Windows, into: Measured) -> None:
        for (kind, action), window in windows.items():
            into.setdefault(kind, {}).setdefault(action, Window()).merge(window)


def stored_windows(windows: Windows, run_id: int) -> Windows:
    """Return a second's windows under the names they have in perfmon's own store."""
    return {
        SeriesKey(STORED[kind], f"{run_id}/{action}"): window
        for (kind, action), window in windows.items()
        if kind in STORED
    }


def state_windows(frame: Mapping[str, Any], run_id: int) -> Windows:
    """Return a second's state of the generator as gauges of perfmon's own store."""
    state = {"busy": frame["busy"], "cpu": round(frame["cpu_pct"] * 1000), "target": round(frame["target"] * 1000)}
    return {SeriesKey("load_state", f"{run_id}/{name}"): Window(1, 0, value, value) for name, value in state.items()}


def latency_of(windows: Windows) -> Window:
    """Return the latency of all actions."""
    return _whole(windows).get(LATENCY) or Window()


def _whole(windows: Windows) -> dict[str, Window]:
    whole: dict[str, Window] = {}
    for (kind, _action), window in windows.items():
        whole.setdefault(kind, Window()).merge(window)
    return whole


def _sum(windows: Any) -> Window:
    total = Window()
    for window in windows:
        total.merge(window)
    return total


def _difference_pct(told: Window, seen: Window) -> float:
    """Return by how much the percentiles differ at most: those the answers told, and those the server counted."""
    pairs = zip(told.percentiles((50, 95, 99)), seen.percentiles((50, 95, 99)), strict=True)
    return round(max((100 * abs(a - b) / b for a, b in pairs if a is not None and b), default=0.0), 3)
