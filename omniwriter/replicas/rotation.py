"""Which replica reads next: those that keep up take turns, one that fails or is late steps out and comes back slowly.

Turns are taken by stride scheduling (Waldspurger and Weihl 1995): each read moves a replica on by one over its share,
and the one that is furthest behind is next. With equal shares that is round robin, also when requests differ in how
many reads they make. Shares come from HAProxy's ``slowstart``: they grow in a straight line after a return.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock

SILENT_S = 1.5  # without an answer for that long, it counts as away
RISE = 4  # good looks in a row before an evicted replica reads again
SLOW_START_S = 5.0
LEAST_SHARE = 0.1


class State(enum.StrEnum):
    """What a replica is to readers."""

    UNKNOWN = "unknown"
    LIVE = "live"
    LAGGING = "lagging"
    AWAY = "away"


@dataclass(slots=True)
class Replica:
    """One replica as this process sees it. ``replayed`` is the place in the log it is known to have reached."""

    alias: str
    state: State = State.UNKNOWN
    replayed: int = 0
    lag_ms: float = 0.0
    reason: str = ""
    answered_at: float = float("-inf")
    good: int = 0
    back_at: float = float("-inf")
    turn: float = 0.0
    reads: int = 0
    evictions: int = 0

    def share(self, now: float) -> float:
        """Return its share of reads: 1, or less for a while after a return."""
        return min(1.0, max(LEAST_SHARE, (now - self.back_at) / SLOW_START_S))


class Rotation:
    """The replicas of this process and whose turn it is."""

    def __init__(
        self, aliases: Iterable[str], *, max_lag_ms: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = Lock()
        self._clock = clock
        self._max_lag_ms = max_lag_ms
        self.replicas = {alias: Replica(alias) for alias in aliases}
        self.primary_reads = 0

    def pick(self, needs: int = 0, *, held: str | None = None, besides: str | None = None) -> str | None:
        """Return the alias that reads next among those that have replayed ``needs``; None: the primary.

        ``held`` is kept when it still may: a request that changed over half-way could see time go back.
        """
        with self._lock:
            now = self._clock()
            fit = [one for one in self._live(now) if one.replayed >= needs and one.alias != besides]
            if not fit:
                return None
            for one in fit:
                if one.alias == held:
                    return held
            chosen = min(fit, key=lambda one: one.turn)
            chosen.turn += 1 / chosen.share(now)
            return chosen.alias

    def count_read(self, alias: str) -> None:
        """Note a read that a replica is asked for."""
        one = self.replicas[alias]
        with self._lock:
            one.reads += 1
            one.turn += 1 / one.share(self._clock())

    def count_primary_read(self) -> None:
        """Note a read that the primary is asked for."""
        with self._lock:
            self.primary_reads += 1

    def report(self, alias: str, *, replayed: int, lag_ms: float) -> None:
        """Take in a good answer of a replica."""
        with self._changing(alias) as (one, now):
            one.replayed, one.lag_ms, one.answered_at = replayed, lag_ms, now
            if one.state is State.LIVE:
                if lag_ms > self._max_lag_ms:
                    self._evict(one, State.LAGGING, "")
            elif one.state is State.UNKNOWN:
                one.state = State.LIVE if lag_ms <= self._max_lag_ms else State.LAGGING
                self._join(one, now)
            else:
                self._consider_return(one, now)

    def failed(self, alias: str, reason: str) -> None:
        """Take a replica out at once: a read or a look at it has failed. What it had replayed is forgotten:
        after a crash it may start from an earlier place."""
        with self._changing(alias) as (one, _):
            if one.state is State.LIVE:
                self._evict(one, State.AWAY, reason)
            one.state, one.reason, one.good, one.replayed = State.AWAY, reason, 0, 0

    def silent(self) -> list[str]:
        """Take out those that should have answered long ago, and return their aliases."""
        with self._lock:
            now = self._clock()
            found = [
                one.alias
                for one in self.replicas.values()
                if one.state in (State.LIVE, State.LAGGING) and now - one.answered_at > SILENT_S
            ]
        for alias in found:
            self.failed(alias, "no answer")
        return found

    def state(self, alias: str) -> State:
        """Return what a replica is to readers now."""
        return self.replicas[alias].state

    def is_away(self, alias: str) -> bool:
        """Whether a replica is known not to answer."""
        return self.replicas[alias].state is State.AWAY

    def all_replayed(self, lsn: int) -> bool:
        """Whether every replica, evicted ones too, is known to have reached a place."""
        return all(one.replayed >= lsn for one in self.replicas.values())

    @contextmanager
    def _changing(self, alias: str) -> Iterator[tuple[Replica, float]]:
        with self._lock:
            yield self.replicas[alias], self._clock()

    def _live(self, now: float) -> list[Replica]:
        return [one for one in self.replicas.values() if one.state is State.LIVE and now - one.answered_at <= SILENT_S]

    def _evict(self, one: Replica, state: State, reason: str) -> None:
        one.state, one.reason, one.good = state, reason, 0
        one.evictions += 1

    def _consider_return(self, one: Replica, now: float) -> None:
        one.good = one.good + 1 if one.lag_ms <= self._max_lag_ms / 2 else 0
        if one.state is State.AWAY:
            one.state = State.LAGGING if one.lag_ms > self._max_lag_ms / 2 else State.AWAY
        if one.good >= RISE:
            one.state, one.reason, one.back_at = State.LIVE, "", now
            self._join(one, now)

    def _join(self, one: Replica, now: float) -> None:
        """Start where the others are: reads that it missed are not made up for."""
        turns = [other.turn for other in self._live(now) if other is not one]
        one.turn = max(one.turn, min(turns, default=0.0))
