"""What one process's users have met: windows since the last frame, and exact counts since the beginning; pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from perfmon.loadtest.figures import LATENCY
from perfmon.loadtest.generator.protocol import NOT_SENT
from perfmon.series import SeriesKey, Window, Windows
from perfmon.wire import Rows, merge_rows, rows_of

#: By action, then by reason.
Failures = dict[str, Counter[str]]


class Records:
    """Counts and windows by action. Only its own process's greenlets use it, and none is interrupted inside."""

    def __init__(self) -> None:
        self._windows: Windows = {}
        self._failures: Failures = {}
        self._sent: Counter[str] = Counter()
        self._answered: Counter[str] = Counter()
        self._all_failures: Failures = {}

    def add(self, kind: str, key: str, value_ns: int, error: bool = False) -> None:
        """Count one figure of an action."""
        series = SeriesKey(kind, key)
        window = self._windows.get(series)
        if window is None:
            window = self._windows[series] = Window()
        window.add(value_ns, error)

    def sent(self, key: str) -> None:
        """Count a request whose bytes went to a connection that stood."""
        self._sent[key] += 1

    def answered(self, key: str) -> None:
        """Count an answer that is here whole."""
        self._answered[key] += 1

    def failed(self, key: str, reason: str) -> None:
        """Count a failure, in addition to latency's error."""
        self._failures.setdefault(key, Counter())[reason] += 1

    def not_sent(self, key: str, waited_ns: int) -> None:
        """Count an arrival that nobody took up."""
        self.failed(key, NOT_SENT)
        self.add(LATENCY, key, waited_ns, error=True)

    def take(self) -> dict[str, Any]:
        """Return ``rows`` and ``failures`` since the last call."""
        windows, self._windows = self._windows, {}
        failures, self._failures = self._failures, {}
        _add_failures(self._all_failures, failures)
        return {"rows": rows_of(windows), "failures": {key: dict(reasons) for key, reasons in failures.items()}}

    def merge(self, rows: Rows, failures: dict[str, dict[str, int]]) -> None:
        """Add what another process's ``take`` returned; raises ValueError on damaged rows."""
        merge_rows(self._windows, rows)
        _add_failures(self._failures, failures)

    def totals(self) -> dict[str, Any]:
        """Return the exact counts since the beginning, up to the last ``take``."""
        failures = {key: dict(reasons) for key, reasons in self._all_failures.items()}
        return {"sent": dict(self._sent), "answered": dict(self._answered), "failures": failures}

    def merge_totals(self, sent: dict[str, int], answered: dict[str, int]) -> None:
        """Add another process's counts."""
        self._sent.update(sent)
        self._answered.update(answered)


def _add_failures(into: Failures, other: dict[str, Any]) -> None:
    for key, reasons in other.items():
        into.setdefault(key, Counter()).update(reasons)
