"""The load made by this one process."""

from __future__ import annotations

from perfmon.loadtest.generator.load import Load
from perfmon.loadtest.generator.users import LoadEnvironment
from perfmon.loadtest.plans import Plan


class Alone(Load):
    """A load on Locust's local runner."""

    workers = lost = 0
    lag_s = 0.0

    def __init__(self, plan: Plan) -> None:
        environment = LoadEnvironment(plan.host)
        environment.create_local_runner()
        super().__init__(plan, environment)

    def ready(self) -> bool:
        """Whether it can begin: it can."""
        return True
