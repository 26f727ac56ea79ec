"""One process's share of the load: Locust's environment and runner, our users, records and gauges."""

from __future__ import annotations

from typing import Any

from perfmon.loadtest.generator.crews import CREWS, Crew
from perfmon.loadtest.generator.gauges import Gauges
from perfmon.loadtest.generator.lines import Line
from perfmon.loadtest.generator.stage import Stage
from perfmon.loadtest.generator.users import LoadEnvironment
from perfmon.loadtest.plans import Plan

#: Beyond the plan's timeout, for what times out at the very end.
GRACE_S = 1.0


class Load:
    """Requests made from the first target on until ``stop``. ``index`` of ``of`` shares makes them come in turn."""

    def __init__(self, plan: Plan, environment: LoadEnvironment, index: int = 0, of: int = 1) -> None:
        self._environment = environment
        self._stage = environment.stage = Stage(plan, index, of)
        environment.line = Line()
        self._gauges = Gauges()
        self._crew: Crew = CREWS[plan.model](environment)
        self._stopping = False

    def aim(self, target: float) -> None:
        """Follow a target: users, or arrivals a second."""
        if not self._stopping:
            self._crew.aim(target)

    def take(self) -> dict[str, Any]:
        """Return the parts of a frame that this process makes, since the last call."""
        state = {"users": self._crew.users, "busy": self._stage.take_busy(), "waiting": self._crew.waiting}
        return {**state, **self._gauges.take(), **self._stage.records.take()}

    def stop(self, cut: bool) -> None:
        """Begin nothing new and wait for what is at work, or cut it; afterwards all is recorded.

        Who waits no longer may call it again, to cut.
        """
        if not self._stopping:
            self._stopping = True
            self._crew.close()
        wait_s = 0 if cut else self._stage.plan.timeout_s + GRACE_S
        users = self._environment.runner.user_greenlets
        users.join(timeout=wait_s)
        users.kill(block=True)

    def totals(self) -> dict[str, Any]:
        """Return the exact counts, complete after ``stop`` and a last ``take``."""
        return self._stage.records.totals()
