"""The collector's loop: a tick a second and what follows from it."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterable

from perfmon import guard
from perfmon.collector.merging import Collector, Tick
from perfmon.collector.upkeep import Upkeep
from perfmon.context import muted
from perfmon.ingest import ingest

logger = logging.getLogger("perfmon.collector")

GARBAGE_THRESHOLD = 2_000  # objects made and kept; Python's own is 700
TICK_DELAY_S = 0.1  # after the second's end: the processes flush at 0.02

FollowUp = Callable[[Tick, float], None]


class CollectorLoop:
    """Runs a collector and what follows from it until told to stop."""

    def __init__(
        self,
        follow_ups: Iterable[FollowUp],
        collector: Collector | None = None,
        at_end: Callable[[], None] | None = None,
    ) -> None:
        self.collector = collector or Collector()
        self._follow_ups = list(follow_ups)
        self._at_end = at_end
        self._leading = False

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Tick once a second until ``stopped(seconds)``, which waits that long, says so."""
        ingest.collecting = True
        ingest.start()  # this process too reports its memory and its failures
        with muted():
            while not stopped(1.0 - (time.time() - TICK_DELAY_S) % 1.0):
                self.tick(time.time())
            self._merge_last()
            self._end()
        ingest.collecting = False

    def once(self, now: float) -> None:
        """Tick once, let what follows from it come to its end, and let the next collector start at once."""
        with muted():
            self.tick(now)
            self._end()

    def _merge_last(self) -> None:
        """Merge what processes that ended just before this one told at their end, and this one's own last window.

        They would wait for the next collector, and be too late if it comes after ``LATE_LIMIT_S``. The rollups are the
        next one's: it writes the minutes that are not written yet.
        """
        ingest.stop()
        with guard.guarded("collect"):
            self.collector.tick(time.time())

    def _end(self) -> None:
        self.collector.resign()
        if self._at_end is not None:
            self._at_end()

    def tick(self, now: float) -> None:
        """Do one tick and its follow-ups; failures are counted and the next tick tries again."""
        try:
            tick = self.collector.tick(now)
        except Exception as error:
            guard.count_failure("collect", error)
            return
        if tick.leading != self._leading:
            self._leading = tick.leading
            logger.info("this collector %s", "leads" if tick.leading else "stands by")
        if tick.leading:
            for follow_up in self._follow_ups:
                with guard.guarded(f"follow-up {getattr(follow_up, '__name__', type(follow_up).__name__)}"):
                    follow_up(tick, now)


def settle_garbage() -> None:
    """Let Python look for garbage less often, in a process that does nothing but collect.

    A tick makes and drops tens of thousands of objects without a cycle among them. To look through them every 700 took
    a tenth of a tick.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD, 10, 10)


def make_loop() -> CollectorLoop:
    """Return the loop with everything a project's collector does: frames, then upkeep and load tests in threads."""
    from perfmon.live.bus import get_bus
    from perfmon.live.publisher import Publisher
    from perfmon.loadtest.launching import Launcher
    from perfmon.panels.topics import build

    publisher = Publisher(get_bus(), build)

    def publish(tick: Tick, now: float) -> None:
        publisher.publish(now)

    upkeep, launcher = Upkeep(), Launcher()

    def finish() -> None:
        launcher.finish()
        upkeep.finish()

    return CollectorLoop([publish, upkeep.after_tick, launcher.after_tick], at_end=finish)
