"""Crews: how many users there are and when they come, in the closed and in the open model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import gevent

from perfmon.loadtest.generator.alarms import new_alarm
from perfmon.loadtest.generator.arrivals import Schedule
from perfmon.loadtest.generator.lines import Arrival
from perfmon.loadtest.generator.users import ClosedUser, LoadEnvironment, OpenUser, Visitor, now_ns
from perfmon.loadtest.plans import CLOSED, OPEN


class Crew(Protocol):
    """The users of one process."""

    @property
    def users(self) -> int:
        """How many stay."""

    @property
    def waiting(self) -> int:
        """How many arrivals are not yet taken up."""

    def aim(self, target: float) -> None:
        """Follow a new target at once."""

    def close(self) -> None:
        """Let no new request begin; those at work go on."""


class ClosedCrew:
    """As many users as the target says; who came last leaves first."""

    waiting = 0  # nobody waits: who is not free does not ask

    def __init__(self, environment: LoadEnvironment) -> None:
        self._environment = environment
        self._staying: list[Visitor] = []

    @property
    def users(self) -> int:
        """How many there are, without those who only finish their request."""
        return len(self._staying)

    def aim(self, target: float) -> None:
        """Add or send away users."""
        difference = round(target) - len(self._staying)
        if difference > 0:
            self._environment.next_place = len(self._staying)
            self._staying += self._environment.spawn(ClosedUser, difference)
        for _ in range(-difference):
            self._staying.pop().leaving.set()

    def close(self) -> None:
        """Send all away."""
        self.aim(0)


class OpenCrew:
    """Arrivals at a rate, taken up by a pool of users that grows when all are busy, up to the plan's ``most_users``."""

    def __init__(self, environment: LoadEnvironment) -> None:
        self._environment, self._stage, self._line = environment, environment.stage, environment.line
        self._schedule = Schedule(now_ns(), part=1 - self._stage.index / self._stage.of)
        self._pool: list[Visitor] = []
        self._alarm = new_alarm()
        self._random = self._stage.random_of(f"arrivals {self._stage.index}")
        self._grow(max(1, len(self._stage.plan.sessions)))  # so that all sessions have their turn at a low rate, too
        self._source = gevent.spawn(self._come)

    @property
    def users(self) -> int:
        """How many there are in the pool."""
        return len(self._pool)

    @property
    def waiting(self) -> int:
        """How many arrivals wait for a user."""
        return self._line.missing

    def aim(self, target: float) -> None:
        """Change the rate, in arrivals a second."""
        self._admit(self._schedule.turn(target, now_ns()))
        self._alarm.set(self._schedule.next_ns())

    def close(self) -> None:
        """Stop the arrivals; those that still wait are counted as not sent."""
        self.aim(0)
        self._source.kill()
        for arrival in self._line.empty():
            self._stage.records.not_sent(arrival.act.key, now_ns() - arrival.intended_ns)
        for user in self._pool:
            user.leaving.set()
        self._line.send_home(len(self._pool))

    def _come(self) -> None:
        while True:
            gevent.sleep(0)  # the others' turn, also when the next arrival is due already
            self._alarm.wait()
            self._admit(self._schedule.take(now_ns()))
            self._alarm.set(self._schedule.next_ns())

    def _admit(self, due: list[int]) -> None:
        for intended_ns in due:
            act = self._stage.acts.pick(self._random)
            if not self._line.join(Arrival(act, intended_ns)):
                self._stage.records.not_sent(act.key, now_ns() - intended_ns)
        self._grow(self._line.missing)

    def _grow(self, wanted: int) -> None:
        more = min(wanted, self._stage.plan.most_users - len(self._pool))
        if more > 0:
            self._pool += self._environment.spawn(OpenUser, more)


CREWS: dict[str, Callable[[LoadEnvironment], Crew]] = {CLOSED: ClosedCrew, OPEN: OpenCrew}
