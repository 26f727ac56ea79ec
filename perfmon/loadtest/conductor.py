"""One load test from its first row to its last: prepares, starts the generator, tells targets, judges, clears up."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from perfmon import guard
from perfmon.context import muted
from perfmon.exceptions import LoadTestError, LoadTestStopped, PerfmonError
from perfmon.ingest import ingest
from perfmon.loadtest import thresholds
from perfmon.loadtest.gating import Gate
from perfmon.loadtest.heartbeat import Heartbeat
from perfmon.loadtest.machines import Processors
from perfmon.loadtest.marks import mark_of
from perfmon.loadtest.models import LoadRun, RunStatus
from perfmon.loadtest.notes import notes_of
from perfmon.loadtest.pacing import Pacing, pacing_of
from perfmon.loadtest.plans import Plan
from perfmon.loadtest.process import Generator
from perfmon.loadtest.profiles import Profile
from perfmon.loadtest.runs import run_end, run_note_start
from perfmon.loadtest.scenarios import Cast, Place, Scenario, get_scenario
from perfmon.loadtest.serverside import check_answers, counted_by_server
from perfmon.loadtest.tally import Tally, latency_of, state_windows, stored_windows

logger = logging.getLogger("perfmon.loadtest")

AIM_EVERY_S = 0.1


class Options(NamedTuple):
    """What is not the profile's to say."""

    workers: int = 0
    master_port: int = 0
    expect_workers: int = 0
    timeout_s: float = 30.0
    seed: int = 0


class Watcher(Protocol):
    """Who is told how it goes; the terminal is one."""

    stop_asked: bool

    def say(self, words: str) -> None:
        """Hear what is being done."""

    def second(self, at_s: float, duration_s: float | None, frame: Mapping[str, Any], row: Mapping[str, Any]) -> None:
        """Hear a second's figures."""


class Conductor:
    """Conducts one run that is this process's."""

    def __init__(self, run: LoadRun, watcher: Watcher, options: Options, gate: Gate) -> None:
        self._watcher = watcher
        self._options = options
        self._gate = gate
        self._rounds: dict[str, Any] = {}
        self._run = run
        self._profile = Profile.from_json(run.profile)
        self._heartbeat = Heartbeat(run.pk)
        self._processors = Processors()
        self._stopped = False
        self._left_over: list[dict[str, Any]] = []

    def conduct(self) -> LoadRun:
        """Bring the run to its end and return it; whatever goes wrong stands in its notes, and its data is removed."""
        with muted():
            try:
                with self._heartbeat:
                    found, status = self._measure()
            except PerfmonError as error:
                found, status = self._broken(str(error)), RunStatus.BROKEN
            except Exception as error:
                logger.exception("Load test %d broke off.", self._run.pk)
                found, status = self._broken(f"{type(error).__name__}: {error}"), RunStatus.BROKEN
            run_end(run_id=self._run.pk, status=status, **found)
            self._run.refresh_from_db()
            return self._run

    def _broken(self, why: str) -> dict[str, Any]:
        return {"notes": [{"code": "broken", "why": why}, *self._left_over]}

    def _measure(self) -> tuple[dict[str, Any], RunStatus]:
        scenario = get_scenario(self._run.scenario)
        check_answers(self._run.host)
        try:
            self._watcher.say("Preparing users and data.")
            cast = scenario.prepare(Place(self._run.host, self._run.pk, self._watcher.say))
            limits = self._limits(cast)
            tally, pacing, start = self._play(cast)
            if self._gate.wanted and not self._stopped:
                with suppress(LoadTestStopped):
                    self._rounds = self._gate.measure(self._run, cast, self._watcher.say, self._may_go_on)
        finally:
            self._clear(scenario)
        return self._judge(cast, limits, tally, pacing, start)

    def _limits(self, cast: Cast) -> list[thresholds.Threshold]:
        limits = [thresholds.parse(text) for text in self._profile.thresholds]
        names = [action.name for action in cast.actions]
        for name in thresholds.unknown_actions(limits, names):
            raise LoadTestError(f"A threshold names {name!r}, which nobody does. Actions are: {', '.join(names)}.")
        return limits

    def _play(self, cast: Cast) -> tuple[Tally, Pacing, int]:
        options = self._options
        plan = Plan(
            self._run.host, mark_of(self._run.pk), self._profile.model, cast.actions, cast.sessions,
            self._profile.think_s, options.timeout_s, self._profile.most_users, options.workers, options.seed,
        )  # fmt: skip
        if options.expect_workers:
            self._watcher.say(f"Waiting for {options.expect_workers} workers of other machines.")
        with Generator(plan, master_port=options.master_port, expect_workers=options.expect_workers) as generator:
            start, began_s = int(time.time()), time.monotonic()
            run_note_start(run_id=self._run.pk, start=start, names=[action.name for action in cast.actions])
            tally, pacing = Tally(start, self._profile.warm_up_s), pacing_of(self._profile)
            while (target := pacing.target(time.monotonic() - began_s)) is not None and self._may_go_on():
                generator.aim(target)
                for frame in generator.frames(AIM_EVERY_S):
                    self._take(frame, tally, pacing, time.monotonic() - began_s)
            self._watcher.say("Waiting for the last answers.")
            *frames, last = generator.stop()
            for frame in frames:
                self._take(frame, tally, pacing, time.monotonic() - began_s)
            tally.end(last)
        return tally, pacing, start

    def _take(self, frame: Mapping[str, Any], tally: Tally, pacing: Pacing, at_s: float) -> None:
        """Take one second's frame: into the figures, into perfmon's own pipeline, to the search and to the watcher."""
        if "second" not in frame:
            return
        windows = tally.add(frame, self._processors.pct())
        seen = stored_windows(windows, self._run.pk) | state_windows(frame, self._run.pk)
        ingest.record_at(int(frame["second"]), seen)
        latency = latency_of(windows)
        pacing.observe(at_s, frame, latency)
        duration_s = self._profile.duration_s or None
        self._watcher.second(at_s, duration_s, frame, {"latency": latency, "phase": pacing.phase})

    def _may_go_on(self) -> bool:
        self._stopped |= self._watcher.stop_asked or self._heartbeat.stop_asked
        return not self._stopped

    def _clear(self, scenario: Scenario) -> None:
        self._watcher.say("Removing users and data.")
        try:
            scenario.remove(self._run.pk)
        except Exception as error:
            guard.count_failure("load test's removal", error)
            self._left_over.append({"code": "left_over", "why": str(error), "run": self._run.pk})

    def _judge(
        self, cast: Cast, limits: list[thresholds.Threshold], tally: Tally, pacing: Pacing, start: int
    ) -> tuple[dict[str, Any], RunStatus]:
        self._watcher.say("Comparing with what the server counted.")
        server = counted_by_server(self._run.pk, start, tally.answered.total())
        summary = tally.summary([action.name for action in cast.actions], server)
        knee = pacing.knee()
        summary["knee"] = knee.to_json() if knee else None
        verdicts = thresholds.judge(limits, summary)
        notes = [*notes_of(summary, tally, self._profile, stopped=self._stopped), *self._left_over]
        found = {
            "summary": summary, "series": tally.timeline.to_json(), "verdicts": verdicts, "notes": notes,
            "rounds": self._rounds, "compared_with_id": self._rounds.get("comparison", {}).get("before", {}).get("run"),
        }  # fmt: skip
        return found, self._status(summary, verdicts)

    def _status(self, summary: Mapping[str, Any], verdicts: list[dict[str, Any]]) -> RunStatus:
        if self._stopped:
            return RunStatus.STOPPED
        slower = self._rounds.get("comparison", {}).get("failed", False)
        total = summary["total"]
        passed = all(verdict["passed"] for verdict in verdicts) and total["count"] > total["errors"]
        return RunStatus.PASSED if passed and not slower else RunStatus.FAILED
