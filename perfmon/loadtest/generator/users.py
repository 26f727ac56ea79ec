"""The users, as Locust runs them: each is a greenlet that does one action after another.

A user's one task lasts as long as the user does. So Locust never sees it wait and never kills it in the middle of a
request: it is told to leave and goes when its request is done.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, cast

import gevent
from gevent.event import Event
from locust import User, task
from locust.env import Environment
from locust.exception import StopUser

from perfmon.loadtest.generator.protocol import BROKEN

if TYPE_CHECKING:
    from collections.abc import Callable

    from locust.runners import Runner

    from perfmon.loadtest.generator.acts import Act
    from perfmon.loadtest.generator.lines import Line
    from perfmon.loadtest.generator.stage import Stage

_log = logging.getLogger(__name__)


class LoadEnvironment(Environment):
    """Locust's environment with what our users share. No ``request`` event is fired: Locust's statistics stay empty."""

    runner: Runner
    stage: Stage
    line: Line
    next_place = 0  # of the user made next

    def __init__(self, host: str = "") -> None:
        super().__init__(user_classes=[ClosedUser, OpenUser], host=host)

    def spawn(self, user: type[Visitor], more: int) -> list[Visitor]:
        """Start so many users more; returns them."""
        return cast("list[Visitor]", self.runner.spawn_users({user.__name__: more}))


class Visitor(User):
    """One user. ``kept`` holds what kinds of actions keep from one to the next, with a ``close``."""

    abstract = True
    environment: LoadEnvironment

    def __init__(self, environment: LoadEnvironment) -> None:
        super().__init__(environment)
        self.stage = environment.stage
        self.number = self.stage.number_of(environment.next_place)
        environment.next_place += 1
        self.session = self.stage.session_of(self.number)
        self.random = self.stage.random_of(f"user {self.number}")
        self.leaving = Event()
        self.kept: dict[str, Any] = {}

    def on_stop(self) -> None:
        """Close what is kept."""
        for kept in self.kept.values():
            kept.close()

    def value_of(self, act: Act) -> Callable[[str], str]:
        """Return what gives a word of the action's templates its next value."""

        def value(word: str) -> str:
            return str(next(self.stage.counter) if word == "n" else self.random.choice(act.action.choices[word]))

        return value

    def do(self, act: Act, intended_ns: int) -> None:
        """Perform one action; a fault of the performer is a failure of the request and told on stderr."""
        self.stage.enter()
        try:
            act.perform(self, act, intended_ns)
        except Exception:
            _log.exception("%s could not be performed.", act.action.name)
            self.stage.records.failed(act.key, BROKEN)
        finally:
            self.stage.leave()


class ClosedUser(Visitor):
    """A user of the closed model: waits for the answer, thinks, goes on."""

    @task
    def visit(self) -> None:
        """Act and think until told to leave."""
        least_s, most_s = self.stage.plan.think_s
        while not self.leaving.is_set():
            self.do(self.stage.acts.pick(self.random), 0)
            gevent.sleep(0)  # the others' turn, even when nothing is thought and no connection is got
            self.leaving.wait(self.random.uniform(least_s, most_s))
        raise StopUser


class OpenUser(Visitor):
    """A user of the open model: takes up the arrival that has waited longest."""

    @task
    def visit(self) -> None:
        """Take up arrivals until told to leave."""
        line = self.environment.line
        while not self.leaving.is_set() and (arrival := line.take()):
            self.do(arrival.act, arrival.intended_ns)
        raise StopUser


def now_ns() -> int:
    """Return the clock all times of a run are taken from: monotonic, at full precision."""
    return time.monotonic_ns()
