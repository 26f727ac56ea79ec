"""What all users of one process share: the plan made ready, the records, and where the requests go."""

from __future__ import annotations

from itertools import count
from random import Random

from perfmon.loadtest.generator.acts import Acts
from perfmon.loadtest.generator.connections import Address
from perfmon.loadtest.generator.records import Records
from perfmon.loadtest.generator.shares import shares_of
from perfmon.loadtest.plans import CLOSED, Plan, Session


class Stage:
    """The share ``index`` of ``of`` of a plan: its users' numbers and its ``{n}`` are no other process's."""

    def __init__(self, plan: Plan, index: int = 0, of: int = 1) -> None:
        self.plan = plan
        self.acts = Acts(plan)
        self.address = Address(plan.host)
        self.records = Records()
        self._busy = self._most_busy = 0
        self.counter = count(index, of)
        self.index, self.of = index, of
        self.most_users = max(1, round(shares_of(plan.most_users, CLOSED, of)[index]))

    def enter(self) -> None:
        """Count a user as busy."""
        self._busy += 1
        self._most_busy = max(self._most_busy, self._busy)

    def leave(self) -> None:
        """Count it as free."""
        self._busy -= 1

    def take_busy(self) -> int:
        """Return how many were busy at once, at most, since the last call."""
        most, self._most_busy = self._most_busy, self._busy
        return most

    def number_of(self, place: int) -> int:
        """Return the number, in the whole run, of this process's user at a place."""
        return self.index + place * self.of

    def session_of(self, number: int) -> Session:
        """Return the session of a user."""
        sessions = self.plan.sessions
        return sessions[number % len(sessions)] if sessions else Session()

    def random_of(self, who: str) -> Random:
        """Return a source of choices that is the same in each run of the plan."""
        return Random(f"{self.plan.seed}/{who}")  # noqa: S311
