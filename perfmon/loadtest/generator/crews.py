"""Crews: how many users there are and when they come, in the closed and in the open model."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol

import gevent

from perfmon.loadtest.generator.alarms import new_alarm
from perfmon.loadtest.generator.arrivals import Schedule
from perfmon.loadtest.generator.lines import Arrival
from perfmon.loadtest.generator.users import ClosedUser, LoadEnvironment, OpenUser, Visitor, now_ns
from perfmon.loadtest.plans import CLOSED, OPEN

_AT_ONCE = 200  # arrivals between two turns of the others


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
        self._turns: deque[tuple[float, int]] = deque()  # rates told and when, not yet followed
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
        now = now_ns()
        self._turns.append((target, now))
        self._alarm.set(now)

    def close(self) -> None:
        """Stop the arrivals; those that find no free user are counted as not sent."""
        self._source.kill()
        for intended_ns in self._due():
            self._arrive(intended_ns)
        for arrival in self._line.cut():
            self._turn_away(arrival)
        for user in self._pool:
            user.leaving.set()
        self._line.send_home(len(self._pool))

    def _come(self) -> None:
        """Let arrivals come when they are due; the others have their turn even when more come than can be counted."""
        while True:
            for number, intended_ns in enumerate(self._due(), 1):
                self._arrive(intended_ns)
                if number % _AT_ONCE == 0:
                    gevent.sleep(0)
            self._grow(self._line.missing)
            self._alarm.set(now_ns() if self._turns else self._schedule.next_ns())
            gevent.sleep(0)
            self._alarm.wait()

    def _due(self) -> Iterator[int]:
        while self._turns:
            rate, at_ns = self._turns[0]
            yield from self._schedule.take(at_ns)
            self._schedule.turn(rate, at_ns)
            self._turns.popleft()
        yield from self._schedule.take(now_ns())

    def _arrive(self, intended_ns: int) -> None:
        arrival = Arrival(self._stage.acts.pick(self._random), intended_ns)
        if not self._line.join(arrival):
            self._turn_away(arrival)

    def _turn_away(self, arrival: Arrival) -> None:
        self._stage.records.not_sent(arrival.act.key, now_ns() - arrival.intended_ns)

    def _grow(self, wanted: int) -> None:
        more = min(wanted, self._stage.most_users - len(self._pool))
        if more > 0:
            self._pool += self._environment.spawn(OpenUser, more)


CREWS: dict[str, Callable[[LoadEnvironment], Crew]] = {CLOSED: ClosedCrew, OPEN: OpenCrew}
