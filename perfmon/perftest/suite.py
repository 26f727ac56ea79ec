"""The checks by their names, and a run of some of them over some routes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from perfmon.exceptions import PerftestError
from perfmon.perftest import memory, response_times, volleys
from perfmon.perftest.cases import PASSED, Case
from perfmon.perftest.subjects import Subject, Tell

CHECKS: dict[str, Callable[[Subject, str, Tell], Case]] = {
    response_times.CHECK: response_times.check_times,
    volleys.CHECK: volleys.check_volleys,
    memory.CHECK: memory.check_memory,
}
STOPPED = "stopped before it was done"


@dataclass(slots=True)
class Report:
    """What a run came to. ``stopped``: somebody ended it, and what was measured until then is in it."""

    host: str
    server: str
    started_at: datetime
    cases: list[Case] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    stopped: bool = False
    took_s: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything that was asked for was measured and is within its limits."""
        return not self.stopped and bool(self.cases) and all(case.verdict == PASSED for case in self.cases)

    def to_json(self) -> dict[str, Any]:
        """Return plain values; times in ms, memory in bytes."""
        return {
            "host": self.host,
            "server": self.server,
            "started_at": self.started_at.isoformat(),
            "took_s": round(self.took_s, 3),
            "passed": self.passed,
            "stopped": self.stopped,
            "left_out": self.left_out,
            "cases": [case.to_json() for case in self.cases],
        }


def run(
    subject: Subject, checks: Sequence[str], routes: Sequence[str], tell: Callable[[str, str, int, int], None]
) -> Iterator[Case]:
    """Run each check on each route; ``tell`` hears check, route, requests done and to do.

    A check that can't be done of a route is a broken case and the others follow; KeyboardInterrupt passes through
    after the case that it broke.
    """
    for check in checks:
        for route in routes:
            try:
                yield CHECKS[check](subject, route, partial(tell, check, route))
            except PerftestError as error:
                yield Case(check, route, broken=str(error))
            except KeyboardInterrupt:
                yield Case(check, route, broken=STOPPED)
                raise
