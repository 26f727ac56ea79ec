"""Actions of kind ``websocket``: users who watch a topic as the dashboard's pages do; see ``perfmon.loadtest.sockets``.

A user whose connection is lost comes back as the protocol asks, until its time is over: each attempt is a connect of
its own. Connects are counted from the intended start until the server has let the user in.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

import orjson
from gevent import GreenletExit, Timeout

from perfmon.live.protocol import CLOSE_LOG_IN, CLOSE_NOT_ALLOWED
from perfmon.loadtest.figures import LATENCY, SERVICE
from perfmon.loadtest.generator.faults import FAULTS, reason_of
from perfmon.loadtest.generator.frames import NS_PER_S, Frames
from perfmon.loadtest.generator.livesocket import Closed, LiveSocket, Refused, read_slowly
from perfmon.loadtest.generator.protocol import GARBLED, RESET, PlanError
from perfmon.loadtest.generator.timing import record_parts
from perfmon.loadtest.generator.users import now_ns
from perfmon.loadtest.sockets import Watch, stands_for_frames

if TYPE_CHECKING:
    from perfmon.loadtest.generator.acts import Act
    from perfmon.loadtest.generator.users import Visitor
    from perfmon.loadtest.plans import Action

CLOSE_RESTART = 1012
FIRST_PAUSE_S, LONGEST_PAUSE_S, RESTART_PAUSE_S = 0.5, 30.0, 1.5
TURN_S = 0.5  # how soon the user notices that it is to leave


def check(action: Action) -> None:
    """Raise PlanError unless the body says what to watch, or stands for a neighbour's frames."""
    if stands_for_frames(action):
        return
    try:
        Watch.of(action.body)
    except ValueError as error:
        raise PlanError(f"{action.name} can't be watched: {error}", "actions") from error


def perform(user: Visitor, act: Act, intended_ns: int) -> None:
    """Watch a topic until the time is over or the user is to leave."""
    Visit(user, act).last(intended_ns)


def pause_s(code: int | None, failures: int, random: Random) -> float | None:
    """Return how long to wait before another attempt, after so many failures in a row; None: not to try again."""
    if code in (CLOSE_LOG_IN, CLOSE_NOT_ALLOWED):
        return None
    if code == CLOSE_RESTART and failures == 1:
        return random.uniform(0, RESTART_PAUSE_S)
    return random.uniform(0, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**failures))


class Visit:
    """One user's time with one topic: one connection, or several after one another."""

    def __init__(self, user: Visitor, act: Act) -> None:
        assert act.body is not None
        self._user, self._act, self._stage = user, act, user.stage
        self._watch = Watch.of(orjson.loads(act.body.fill(user.value_of(act))))
        self._frames_key = self._key_of_frames()
        host = self._stage.plan.host
        self._url = host.replace("http", "ws", 1) + act.path.fill(user.value_of(act))
        self._headers = {"Origin": host, **user.session.headers, **act.headers}
        self._until_ns = now_ns() + round(self._watch.last_s * NS_PER_S)

    def last(self, intended_ns: int) -> None:
        """Watch, and come back when the connection is lost."""
        failures = 0
        while True:
            code, frames = self._visit_once(intended_ns)
            failures = 1 if frames is not None and frames.came else failures + 1
            wait_s = pause_s(code, failures, self._user.random)
            if wait_s is None or self._left_s() <= wait_s or self._user.leaving.wait(wait_s):
                return
            intended_ns = 0

    def _visit_once(self, intended_ns: int) -> tuple[int | None, Frames | None]:
        """Return the code the server closed with, if it did, and what came; at the end of the time None of both."""
        opened = self._open(intended_ns)
        if isinstance(opened, Refused):
            return opened.code, None
        frames = Frames(self._stage.records, self._frames_key, slow=self._watch.slow)
        try:
            self._read(opened, frames)
        except Closed as closed:
            opened.drop()
            frames.fault(str(closed.code) if closed.code else RESET)
            return closed.code, frames
        except BaseException:
            opened.drop()
            raise
        opened.close()
        return None, frames

    def _left_s(self) -> float:
        return max(0.0, (self._until_ns - now_ns()) / NS_PER_S)

    def _key_of_frames(self) -> str:
        """Return the next action's number when that stands for this one's frames, else this one's."""
        number = int(self._act.key) + 1
        neighbour = self._stage.plan.actions[number : number + 1]
        return str(number) if neighbour and stands_for_frames(neighbour[0]) else self._act.key

    # Connecting

    def _open(self, intended_ns: int) -> LiveSocket | Refused:
        began_ns = now_ns()
        opened = self._connect()
        service_ns = now_ns() - began_ns
        reason = opened.reason if isinstance(opened, Refused) else ""
        records, key = self._stage.records, self._act.key
        records.add(LATENCY, key, service_ns + (began_ns - intended_ns if intended_ns else 0), error=bool(reason))
        records.add(SERVICE, key, service_ns)
        if not reason or reason.isdigit():
            records.answered(key)
        if isinstance(opened, Refused):
            records.failed(key, reason)
            if opened.broken_off:
                raise GreenletExit
        else:
            record_parts(records, key, opened.timing, service_ns)
        return opened

    def _connect(self) -> LiveSocket | Refused:
        plan = self._stage.plan
        try:
            with Timeout(plan.timeout_s):
                raw = self._stage.address.connect(read_slowly if self._watch.slow else None)
                self._stage.records.sent(self._act.key)
                return LiveSocket(raw, self._url, self._headers, plan.timeout_s)
        except Refused as refused:
            return refused
        except FAULTS as fault:
            return Refused(reason_of(fault), broken_off=isinstance(fault, GreenletExit))

    # Reading

    def _read(self, opened: LiveSocket, frames: Frames) -> None:
        opened.say(type="subscribe", topics=[self._watch.topic])
        while self._left_s() and not self._user.leaving.is_set():
            if self._watch.slow:
                self._user.leaving.wait(min(self._watch.read_every_s, self._left_s()))
            heard = self._heard(opened, frames)
            if heard is not None:
                frames.take(heard[1], heard[0])
            frames.check_silence()

    def _heard(self, opened: LiveSocket, frames: Frames) -> tuple[int, dict[str, Any]] | None:
        try:
            return opened.hear(min(TURN_S, self._left_s()))
        except ValueError:
            frames.fault(GARBLED)
            return None
