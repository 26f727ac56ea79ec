"""What each process makes of the replicas, for the dashboard: series of kind ``replica``, key ``alias/gauge``.

=============  ==============================================================================================
``lag``        gauge, ms: for how long the replica has not had what the primary had
``behind``     gauge, bytes of the primary's log that it has yet to replay
``state``      count: processes' looks; errors: those in which it served no reads; sum: those in which it was away
``reads``      count: reads it was asked for; of ``default``, reads that the primary was asked for
``evictions``  count: times a process took it out
=============  ==============================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import DEFAULT_DB_ALIAS

from omniwriter.replicas import monitor
from omniwriter.replicas.rotation import Replica, State
from perfmon.series import SeriesKey, Window

KIND = "replica"


class ReplicaRecorder:
    """Reports every second in a process that reads from replicas; no query is made for it."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def install(self) -> None:
        """Nothing to hook: the flush asks."""

    def uninstall(self) -> None:
        """Nothing to undo."""

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the gauges, and what was counted since the last call."""
        if not monitor.is_watching():
            return
        yield from self._counted(f"{DEFAULT_DB_ALIAS}/reads", monitor.rotation.primary_reads)
        for one in monitor.rotation.replicas.values():
            yield from self._counted(f"{one.alias}/reads", one.reads)
            yield from self._counted(f"{one.alias}/evictions", one.evictions)
            yield from _gauges(one)

    def _counted(self, key: str, total: int) -> Iterable[tuple[SeriesKey, Window]]:
        count = total - self._told.get(key, 0)
        self._told[key] = total
        if count > 0:  # it starts again at 0 in a forked child
            yield SeriesKey(KIND, key), Window(count)


def _gauges(one: Replica) -> Iterable[tuple[SeriesKey, Window]]:
    if one.state is State.UNKNOWN:
        return
    is_away = int(one.state is State.AWAY)
    yield SeriesKey(KIND, f"{one.alias}/state"), Window(1, int(one.state is not State.LIVE), is_away, is_away)
    if not is_away:
        for name, value in (("lag", int(one.lag_ms)), ("behind", monitor.history.behind_bytes(one.replayed))):
            yield SeriesKey(KIND, f"{one.alias}/{name}"), Window(1, 0, value, value)
