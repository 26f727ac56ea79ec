"""What the leading collector does besides merging: closed minutes to SQL, alert rules, partitions, pruning.

All of it runs in one worker thread, so that a slow database delays neither a tick nor a frame. A job that still runs
when the next is due is not queued behind itself: the minutes wait in ``_dirty`` and the rules are evaluated next time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

from perfmon import guard
from perfmon.alerts.engine import EVALUATE_EVERY_S, evaluate
from perfmon.alerts.services import alert_prune
from perfmon.collector.merging import Tick
from perfmon.conf import get_config
from perfmon.context import muted
from perfmon.series import Windows
from perfmon.store import partitions, rollups
from perfmon.store.fine import get_fine_store, keep_s, readable_block
from perfmon.store.ranges import MINUTE, TEN
from perfmon.wire import merge_rows

GRACE_S = 3  # after a minute's end before it is rolled up; later windows roll it up again
PRUNE_EVERY_S = 600
MINUTES_A_ROUND = 30  # a restarted collector catches up in steps
FINISH_S = 5.0


class Upkeep:
    """Keeps count of what is due and does it in its own thread."""

    def __init__(self) -> None:
        self._dirty: set[int] = set()
        self._backlog_known = False
        self._ticked_at = 0.0
        self._evaluate_due_s = self._prune_due_s = 0.0
        self._worker: threading.Thread | None = None

    def after_tick(self, tick: Tick, now: float) -> None:
        """Note the minutes that changed and start what is due, unless the last round still runs."""
        if now - self._ticked_at > get_config().lease_s:
            self._backlog_known = False  # another collector may have led meanwhile and died with minutes unwritten
        self._ticked_at = now
        self._dirty.update(second // MINUTE * MINUTE for second in tick.seconds)
        if self._worker is not None and self._worker.is_alive():
            return
        jobs = self._due(now)
        if jobs:
            self._worker = threading.Thread(target=_run, args=(jobs,), name="perfmon-upkeep", daemon=True)
            self._worker.start()

    def finish(self) -> None:
        """Wait for the round that runs, for ``FINISH_S`` at most: its thread would end with the process."""
        if self._worker is not None:
            self._worker.join(FINISH_S)

    def _due(self, now: float) -> list[Callable[[], object]]:
        clock = time.monotonic()
        jobs: list[Callable[[], object]] = []
        if clock >= self._evaluate_due_s:
            self._evaluate_due_s = clock + EVALUATE_EVERY_S
            jobs.append(lambda: evaluate(now))
        if not self._backlog_known or any(closed(minute, now) for minute in self._dirty):
            jobs.append(lambda: self.roll_up(now))
        if clock >= self._prune_due_s:
            self._prune_due_s = clock + PRUNE_EVERY_S
            jobs += [lambda: partitions.make_ahead(now), lambda: rollups.write_days(now)]
            jobs += [lambda: rollups.prune(now), lambda: alert_prune(now=now)]
        return jobs

    def roll_up(self, now: float) -> None:
        """Write the closed minutes that changed, oldest first; on the first call also those nobody wrote."""
        if not self._backlog_known:
            self._dirty.update(_unwritten(now))
            self._backlog_known = True
        for minute in sorted(self._dirty)[:MINUTES_A_ROUND]:
            if closed(minute, now):
                self._write(minute)

    def _write(self, minute: int) -> None:
        """Write one minute. It stops being dirty before it is read: a window that comes meanwhile makes it so again."""
        self._dirty.discard(minute)
        try:
            windows = minute_windows(minute)
            if windows:  # a store that came back empty must not empty the rollups
                rollups.write_minute(minute, windows)
        except BaseException:
            self._dirty.add(minute)
            raise


def closed(minute: int, now: float) -> bool:
    """Tell whether a minute is over and its windows have had time to arrive."""
    return minute + MINUTE + GRACE_S <= now


def minute_windows(minute: int) -> Windows:
    """Return what the fine store holds of one minute; raises StoreUnavailable."""
    windows: Windows = {}
    for packed in get_fine_store().read(TEN, range(minute, minute + MINUTE, TEN)):
        merge_rows(windows, readable_block(packed) or {})
    return windows


def _unwritten(now: float) -> range:
    """Return the minutes after the last one written, as far back as the fine store reaches and windows may be late."""
    last = rollups.last_minute()
    late = int(now) - get_config().late_limit_s
    since = max(int(now) - keep_s(TEN), min(last if last is not None else 0, late))
    return range(since // MINUTE * MINUTE, int(now), MINUTE)


def _run(jobs: list[Callable[[], object]]) -> None:
    with muted():
        for job in jobs:
            with guard.guarded("upkeep"):
                job()
        close_old_connections()
