"""The supervisor: starts services stage by stage, restarts what ends, stops everything in the reverse order.

One thread, one loop, no callbacks: ``start`` and ``stop`` block, ``step`` looks once at every service.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from omniwriter.stack.errors import NotReadyError, StackError
from omniwriter.stack.probe import Probe
from omniwriter.stack.process import Tree
from omniwriter.stack.service import Running, Service, ended

POLL_S = 0.02
TICK_S = 0.1
BACK_OFF_S = 0.5
MAX_BACK_OFF_S = 30.0
# A service that was ready and ran this long starts its next back-off from the beginning: to be killed now and then is
# not to fail at the start, and what it was at waits for it.
STABLE_S = 5.0
REPAIR_AFTER = 2  # failures in a row before it was ready
FOUNDATIONS = 1  # services up to this stage are stopped after the others, one stage after another
MAX_LOG_BYTES = 10_000_000


class State(enum.StrEnum):
    """Where a service is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    REPAIRING = "repairing"
    UNAVAILABLE = "not available"
    STOPPING = "stopping"
    STOPPED = "stopped"


@dataclass(slots=True, eq=False)
class Member:
    """One service under supervision."""

    service: Service
    state: State = State.WAITING
    running: Running | None = None
    restarts: int = 0
    failures: int = 0
    never_ready: int = 0
    unwell: bool = False
    probe: Probe | None = None
    retry_at_s: float = 0.0
    note: str = ""

    def never_to_be_ready(self) -> bool:
        """Tell whether its first start failed and the others do without it."""
        return not self.service.needed and self.state is State.STARTING and not self.restarts

    def needs_repair(self) -> bool:
        """Tell whether a start would be in vain."""
        repair = self.service.repair
        return repair is not None and (self.unwell or self.never_ready >= REPAIR_AFTER or repair.broken())


class View(Protocol):
    """What shows the members to a person."""

    def changed(self, member: Member) -> None:
        """Show that a member changed its state."""

    def refresh(self, members: Sequence[Member]) -> None:
        """Show all members; called a few times a second."""


def back_off_s(failures: int) -> float:
    """Return the seconds to wait before the restart after so many failures in a row."""
    return min(MAX_BACK_OFF_S, BACK_OFF_S * 2.0 ** max(0, failures - 1))


class Supervisor:
    """Keeps services running; everything it starts belongs to ``tree``."""

    def __init__(self, tree: Tree, log_folder: Path, view: View) -> None:
        self.members: list[Member] = []
        self._tree = tree
        self._logs = log_folder
        self._view = view

    def start(self, services: Iterable[Service], meanwhile: Callable[[], None] | None = None) -> list[Member]:
        """Start services stage by stage, each stage at once, until all are ready; ``meanwhile`` runs beside the first.

        Raises NotReadyError when one ends or takes too long: a first start that fails is told, not tried again.
        """
        added = [Member(service) for service in services]
        self.members += added
        for stage in sorted({member.service.stage for member in added}):
            starting = [member for member in added if member.service.stage == stage]
            for member in starting:
                self._launch(member)
            if meanwhile:
                meanwhile()
                meanwhile = None
            self._wait_ready([member for member in starting if member.service.awaited])
        return added

    def run(self, stopped: Callable[[], bool]) -> None:
        """Watch over the services until ``stopped()``."""
        while not stopped():
            self.step()
            self._view.refresh(self.members)
            time.sleep(TICK_S)

    def step(self) -> None:
        """Look once at every service: note who is ready, restart who ended, repair who can't be restarted."""
        for member in self.members:
            self._step(member)

    def stop(self) -> None:
        """Stop all services at once but those that hear the others out, these, then what they stand on, stage by stage.

        Each is killed when its time is up.
        """
        upper = [member for member in self.members if member.service.stage > FOUNDATIONS]
        for hear_out in (False, True):
            self._stop_together([member for member in upper if member.service.hear_out is hear_out])
        for stage in range(FOUNDATIONS, -1, -1):
            self._stop_together([member for member in self.members if member.service.stage == stage])
        self._tree.close()

    def _launch(self, member: Member, *, repaired: bool = False) -> None:
        service = member.service
        log = self._logs / f"{service.name}.log"
        if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        if service.repair and not repaired and member.needs_repair():
            member.running = Running(replace(service, command=service.repair.command), self._tree, log)
            self._set(member, State.REPAIRING)
        else:
            member.running = Running(service, self._tree, log)
            member.probe = None
            self._set(member, State.STARTING)

    def _wait_ready(self, members: Sequence[Member]) -> None:
        waiting = list(members)
        while waiting:
            for member in list(waiting):
                running = member.running
                assert running
                if running.is_ready():
                    waiting.remove(member)
                    self._set(member, State.READY)
                elif running.exit_code is not None or _overdue(running):
                    raise NotReadyError(running.why_not_ready())
            for member in self.members:
                if member not in waiting:
                    self._step(member)
            self._view.refresh(self.members)
            time.sleep(POLL_S)

    def _step(self, member: Member) -> None:
        if member.state is State.READY or member.state is State.STARTING:
            self._look(member)
        elif member.state is State.REPAIRING:
            self._look_at_repair(member)
        elif member.state is State.RESTARTING and time.monotonic() >= member.retry_at_s:
            member.restarts += 1
            self._relaunch(member)

    def _look(self, member: Member) -> None:
        running = member.running
        assert running
        if running.exit_code is not None:
            self._failed(member, ended(running.exit_code))
        elif member.state is State.READY:
            self._look_at_work(member)
        elif running.is_ready():
            member.never_ready = 0
            self._set(member, State.READY)
        elif _overdue(running):
            self._failed(member, f"was not ready after {member.service.ready_s:.0f} s")

    def _look_at_work(self, member: Member) -> None:
        repair = member.service.repair
        if repair is None:
            return
        member.probe = member.probe or Probe(repair.well)
        if member.probe.unwell_s() > repair.unwell_s:
            member.unwell = True
            self._failed(member, f"has not done its work for {repair.unwell_s:.0f} s")

    def _look_at_repair(self, member: Member) -> None:
        running = member.running
        assert running
        if running.exit_code is None:
            return
        if running.exit_code:
            self._failed(member, f"could not be repaired: its repair {ended(running.exit_code)}")
            return
        running.bury()
        member.unwell, member.never_ready = False, 0
        self._relaunch(member, repaired=True)

    def _failed(self, member: Member, what: str) -> None:
        running = member.running
        assert running
        lived_s = time.monotonic() - running.started_s
        running.bury()
        if member.never_to_be_ready():
            member.note = f"{what}. {running.last_lines(1)}"
            self._set(member, State.UNAVAILABLE)
            return
        member.failures = 1 if member.state is State.READY and lived_s >= STABLE_S else member.failures + 1
        member.never_ready += member.state is State.STARTING
        if member.state is not State.REPAIRING and member.needs_repair():
            member.failures = 1  # it is not tried in vain once more; only repairs that fail follow each other slower
        wait_s = back_off_s(member.failures)
        member.retry_at_s = time.monotonic() + wait_s
        member.note = f"{what}; next try in {wait_s:g} s. The end of {running.log}:\n{running.last_lines()}"
        self._set(member, State.RESTARTING)

    def _relaunch(self, member: Member, *, repaired: bool = False) -> None:
        try:
            self._launch(member, repaired=repaired)
        except StackError as error:
            member.failures += 1
            member.retry_at_s = time.monotonic() + back_off_s(member.failures)
            member.note = str(error)
            self._set(member, State.RESTARTING)

    def _stop_together(self, members: Sequence[Member]) -> None:
        running = [(member, member.running) for member in members if member.running]
        for member, process in running:
            self._set(member, State.STOPPING)
            process.ask_to_stop()
        for member, process in running:
            deadline = process.asked_s + member.service.stop_s
            while process.exit_code is None and time.monotonic() < deadline:
                time.sleep(POLL_S)
            process.bury()
            self._set(member, State.STOPPED)

    def _set(self, member: Member, state: State) -> None:
        member.state = state
        self._view.changed(member)


def _overdue(running: Running) -> bool:
    return time.monotonic() > running.started_s + running.service.ready_s
