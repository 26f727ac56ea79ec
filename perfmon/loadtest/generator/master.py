"""The load made by several processes, here and on other machines: shared out by Locust's own master."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from hmac import compare_digest
from typing import Any

import gevent
from locust.exception import RPCError
from locust.runners import STATE_MISSING, MasterRunner

from perfmon.loadtest.generator.children import Children
from perfmon.loadtest.generator.gauges import Gauges
from perfmon.loadtest.generator.load import GRACE_S
from perfmon.loadtest.generator.messages import END, FAULT, FRAME, HELLO, PLAN, READY, STOP, TARGET
from perfmon.loadtest.generator.protocol import PlanError
from perfmon.loadtest.generator.records import Records
from perfmon.loadtest.generator.shares import shares_of
from perfmon.loadtest.generator.users import LoadEnvironment
from perfmon.loadtest.generator.workers import Known, Workers
from perfmon.loadtest.plans import Plan

_log = logging.getLogger(__name__)
#: Workers of this machine are there in one or two seconds; those of others are started by people.
GATHER_S, GATHER_FAR_S = 60.0, 300.0
_STEP_S = 0.02
_LAST_WORD_S = 5.0


class Master:
    """A load shared by ``plan.workers`` processes of this machine and ``expected`` others.

    Its frames come ``lag_s`` after the second, when the workers' have come in.
    """

    lag_s = 0.25

    def __init__(self, plan: Plan, *, port: int = 0, expected: int = 0, secret: str) -> None:
        self._plan, self._secret = plan, secret
        self._target, self._stopping = 0.0, False
        self._fault: PlanError | None = None
        self._notes: list[str] = []
        self._known = Workers(plan.workers + expected)
        self._records, self._gauges = Records(), Gauges()
        self._runner = _runner(plan, "*" if expected else "127.0.0.1", port)
        self._listen()
        self._children = Children(plan.workers, self._runner.server.port, secret)
        self._late_s = time.monotonic() + (GATHER_FAR_S if expected else GATHER_S)

    @property
    def workers(self) -> int:
        """How many there are."""
        return len(self._known.alive)

    @property
    def lost(self) -> int:
        """How many ended before their time; what they last counted is not known."""
        return self._known.lost

    def ready(self) -> bool:
        """Whether all workers are there and know the plan; raises PlanError when they won't be."""
        if self._fault:
            raise self._fault
        self._look_for_lost()
        if self.lost or self._children.dead() or time.monotonic() > self._late_s:
            raise PlanError(f"Only {self.workers} of {self._known.wanted} workers came, or stayed.", "workers")
        return self._known.complete

    def aim(self, target: float) -> None:
        """Share out a target."""
        self._target = target
        alive = self._known.alive
        for known, share in zip(alive, shares_of(target, self._plan.model, len(alive)), strict=True):
            self._runner.send_message(TARGET, {"target": share}, known.node)

    def take(self) -> dict[str, Any]:
        """Return a frame's parts from all workers; raises PlanError when none is left."""
        self._look_for_lost()
        if not self._known.alive:
            raise PlanError("No worker is left: all ended before the run did.", "workers")
        notes, self._notes = self._notes, []
        told = {"note": " ".join(notes)} if notes else {}
        return {**self._known.state(self._gauges.take()), "workers": self.workers, **told, **self._records.take()}

    def stop(self, cut: bool) -> None:
        """Let all workers finish, or cut, and hear their last counts; then let them go."""
        self._stopping = True
        for known in self._known.working:
            self._runner.send_message(STOP, {"cut": cut}, known.node)
        late_s = time.monotonic() + (0 if cut else self._plan.timeout_s) + GRACE_S + _LAST_WORD_S
        while self._known.working and time.monotonic() < late_s:
            gevent.sleep(_STEP_S)
            self._look_for_lost()
        for known in self._known.working:
            self._lose(known)
        for known in self._known.alive:
            self._runner.send_message("quit", client_id=known.node)  # Locust's own word
        self._children.release()

    def totals(self) -> dict[str, Any]:
        """Return the exact counts of all that were not lost."""
        return self._records.totals()

    def _listen(self) -> None:
        """Hear what anybody says who wants to join, and the rest only from those who did."""
        self._runner.register_message(HELLO, lambda msg, **_: self._welcome(msg.node_id, msg.data))
        hearers = {READY: self._hear_ready, FAULT: self._hear_fault, FRAME: self._hear_frame, END: self._hear_end}
        for name, hear in hearers.items():

            def listener(msg: Any, hear: Callable[[Known, Any], None] = hear, **_: Any) -> None:
                if known := self._known.get(msg.node_id):
                    hear(known, msg.data)

            self._runner.register_message(name, listener)

    def _welcome(self, node: str, told: dict[str, Any]) -> None:
        index = None
        if compare_digest(str(told.get("secret")), self._secret):
            host, pid = str(told["host"]), int(told["pid"])
            index = self._known.join(node, f"{host}:{pid}", self._children.pid_of(host, pid))
        if index is None:
            _log.error("A worker that does not belong to this run, or one too many, was sent away.")
            self._runner.send_message("quit", client_id=node)
            return
        plan = {"plan": self._plan.to_wire(), "index": index, "of": self._known.wanted}
        self._runner.send_message(PLAN, plan, node)

    def _hear_ready(self, known: Known, _told: dict[str, Any]) -> None:
        known.ready = True

    def _hear_fault(self, _known: Known, told: dict[str, Any]) -> None:
        self._fault = PlanError(told["error"], told["field"])

    def _hear_frame(self, known: Known, told: dict[str, Any]) -> None:
        self._records.merge(told.pop("rows"), told.pop("failures"))
        known.state = told

    def _hear_end(self, known: Known, told: dict[str, Any]) -> None:
        if known.ended:  # told to stop, and then to cut: it says so twice
            return
        known.ended = True
        self._records.merge_totals(told["sent"], told["answered"])

    def _look_for_lost(self) -> None:
        dead = self._children.dead()
        for known in self._known.working:
            client = self._runner.clients.get(known.node)
            if known.pid in dead or client is None or client.state == STATE_MISSING:
                self._lose(known)

    def _lose(self, known: Known) -> None:
        known.lost = True
        self._notes.append(f"Worker {known.title} was lost, with what it did since its last second was told.")
        if not self._stopping and self._known.alive:
            self.aim(self._target)


def _runner(plan: Plan, host: str, port: int) -> MasterRunner:
    try:
        return LoadEnvironment(plan.host).create_master_runner(host, port)
    except (SystemExit, RPCError) as error:  # Locust leaves when the port is taken
        raise PlanError(f"Workers can't come in at port {port}: it is taken, or not ours.", "workers") from error
