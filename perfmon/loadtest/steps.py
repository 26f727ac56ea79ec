"""A step of a search for the break point: a constant rate of arrivals, what came of it, and whether it held; pure.

A server that is asked for more than it can do falls behind by the same number of requests each second, from the
first second on, long before its latency passes a limit. So what is judged first is how fast the backlog grows
(requests at work and arrivals that wait to be sent), by the median of the slopes between all pairs of seconds
(Theil and Sen): a pause of a second or two doesn't look like growth.
"""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

from perfmon.loadtest.profiles import Search
from perfmon.series import NS_PER_MS, Window

BACKLOG, P95, ERRORS = "backlog", "p95", "errors"
#: The first second of a step is the old rate's as much as the new one's.
WARM_UP_S = 1
#: The backlog grows when it does by this share of the arrivals, and by so many requests over the step.
GROWTH_SHARE, GROWTH_REQUESTS = 0.03, 3
#: There is no hope when what waits would take so many times the limit on p95, two seconds in a row.
HOPELESS_LIMITS, HOPELESS_SECONDS = 4, 2


@dataclass(frozen=True, slots=True)
class Step:
    """What one step came to. ``rate`` was asked for, ``delivered`` answered without an error, both a second."""

    rate: float
    delivered: float
    p95_ms: float | None
    error_pct: float
    held: bool
    why: str  # "" when it held

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class RunningStep:
    """A step that is on: takes a second at a time, knows when it may end, and judges itself."""

    def __init__(self, search: Search, rate: float) -> None:
        self.rate = rate
        self._search = search
        self._seconds = 0
        self._window, self._offered = Window(), 0.0
        self._backlogs: list[int] = []
        self._answered = 0
        self._hopeless = 0

    def observe(self, offered: float, window: Window, backlog: int) -> None:
        """Take in one second; ``backlog`` is its end's."""
        self._seconds += 1
        self._answered += window.count
        self._hopeless = self._hopeless + 1 if self._out_of_reach(backlog) else 0
        if self._seconds <= WARM_UP_S:
            return
        self._window.merge(window)
        self._offered += offered
        self._backlogs.append(backlog)

    @property
    def ended(self) -> bool:
        """Whether its time is over or nothing good can come of it."""
        return self.hopeless or self._seconds >= self._search.step_s

    @property
    def hopeless(self) -> bool:
        """Whether it was given up before its time."""
        return self._hopeless >= HOPELESS_SECONDS

    def judge(self) -> Step:
        """Say whether it held, and if not, why."""
        p95, error_pct = self._window.percentile(95), self._window.error_pct or 0.0
        p95_ms = None if p95 is None else round(p95 / NS_PER_MS, 3)
        why = ""
        if self.hopeless or p95_ms is None or self._falls_behind():
            why = BACKLOG
        elif error_pct > self._search.limit_error_pct:
            why = ERRORS
        elif p95_ms > self._search.limit_p95_ms:
            why = P95
        return Step(round(self.rate, 3), round(self.delivered, 3), p95_ms, round(error_pct, 3), not why, why)

    @property
    def sure(self) -> bool:
        """Whether a step that broke would do so again: its backlog grew all the time, not in one pause."""
        return self.hopeless or self._falls_behind(quarter=1)

    @property
    def delivered(self) -> float:
        """Answers without an error, a second."""
        return (self._window.count - self._window.errors) / max(1, len(self._backlogs))

    def _falls_behind(self, quarter: int = 2) -> bool:
        """Whether the middle slope, or another quartile of them, is growth."""
        slopes = [(after - before) / (b - a) for (a, before), (b, after) in combinations(enumerate(self._backlogs), 2)]
        if len(slopes) < 2:
            return False
        limit = max(GROWTH_SHARE * self._offered, GROWTH_REQUESTS) / len(self._backlogs)
        return statistics.quantiles(slopes, n=4)[quarter - 1] > limit

    def _out_of_reach(self, backlog: int) -> bool:
        """Whether what is left now takes too long to be answered at the pace of this step."""
        pace = max(1, self._answered) / self._seconds
        return backlog / pace > HOPELESS_LIMITS * self._search.limit_p95_ms / 1000
