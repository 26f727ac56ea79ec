"""The course of a run as its leader sees it: plan, ready, targets and a frame each second, stop, end."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

import gevent
import locust
from gevent.event import Event

from perfmon.loadtest.generator.checks import read_plan
from perfmon.loadtest.generator.pipes import LeaderGoneError, Pipes
from perfmon.loadtest.generator.protocol import Message, PlanError, target_of
from perfmon.loadtest.plans import Plan

_STEP_S = 0.02
OK, CANNOT, LEADER_GONE = 0, 2, 3


class Made(Protocol):
    """A load, of one process or of several. Its frames come ``lag_s`` after their second."""

    lag_s: float

    @property
    def workers(self) -> int:
        """How many processes share it; 0: one does all."""

    @property
    def lost(self) -> int:
        """How many workers were lost."""

    def ready(self) -> bool:
        """Whether it can begin; raises PlanError when it can't."""

    def aim(self, target: float) -> None:
        """Follow a target: users, or arrivals a second."""

    def take(self) -> dict[str, Any]:
        """Return what a frame holds, since the last call; raises PlanError when the load can't go on."""

    def stop(self, cut: bool) -> None:
        """Wait for what is at work, or cut it."""

    def totals(self) -> dict[str, Any]:
        """Return the exact counts."""


class Dialogue:
    """One run. ``make`` makes the load of a plan."""

    def __init__(self, pipes: Pipes, make: Callable[[Plan], Made]) -> None:
        self._pipes, self._make = pipes, make
        self._target, self._second = 0.0, 0
        self._ending = Event()
        self._cut = False
        self._fault: PlanError | None = None

    def run(self) -> int:
        """Lead the run to its end; returns the exit code."""
        try:
            self._run()
        except LeaderGoneError:
            return LEADER_GONE
        except PlanError as error:
            return self._refuse(error)
        return OK

    def _run(self) -> None:
        messages = self._pipes.messages()
        first = next(messages, None)
        if first is None:
            return
        if "plan" not in first:
            raise PlanError("The first message must hold the plan.", "plan")
        load = self._make(read_plan(first["plan"]))
        while not load.ready():
            gevent.sleep(_STEP_S)
            self._pipes.look_for_leader()
        self._pipes.tell({"ready": True, "locust": locust.__version__, "workers": load.workers})
        gevent.signal_handler(signal.SIGTERM, self._end, load, cut=True)
        listener = gevent.spawn(self._listen, messages, load)
        self._second = int(time.time())
        self._tell_until(load, self._ending)
        stopping = gevent.spawn(load.stop, self._cut)
        self._tell_until(load, stopping)
        listener.kill()
        if self._fault:
            raise self._fault
        self._tell_frame(load)
        self._pipes.tell({"end": True, **load.totals(), "lost": load.lost})

    def _listen(self, messages: Iterator[Message], load: Made) -> None:
        try:
            for message in messages:
                if "target" in message:
                    self._target = target_of(message)
                    load.aim(self._target)
                elif message.get("stop"):
                    self._end(load, cut=False)
                    return
                else:
                    raise PlanError(f"{', '.join(map(str, message)) or 'An empty map'} is not known here.", "stdin")
        except PlanError as error:
            self._fault = error
        self._end(load, cut=True)

    def _end(self, load: Made, cut: bool) -> None:
        if self._ending.is_set() and cut:  # it waits for what is at work, and is to wait no more
            load.stop(cut)
        self._cut = cut
        self._ending.set()

    def _tell_until(self, load: Made, done: Any) -> None:
        """Tell a frame at the end of each second until something is done."""
        while not gevent.wait([done], timeout=min(1.0, max(0.0, self._second + 1 + load.lag_s - time.time()))):
            self._tell_frame(load)

    def _tell_frame(self, load: Made) -> None:
        self._pipes.tell({"second": self._second, "target": self._target, **load.take()})
        self._second = max(self._second + 1, int(time.time() - load.lag_s))

    def _refuse(self, error: PlanError) -> int:
        try:
            self._pipes.tell({"error": str(error), "field": error.field})
        except LeaderGoneError:
            return LEADER_GONE
        return CANNOT
