"""Limits on what one token may send: calls a minute, and how many different endpoints in a day."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from django.core.cache import cache

from perfmon import guard
from perfmon.context import muted

PERIOD_S = 60
FORGET_S = 86_400


class Rate(NamedTuple):
    """Where a token stands in this minute."""

    limit: int
    used: int
    reset_s: int

    @property
    def exceeded(self) -> bool:
        """Whether this call is one too many."""
        return self.used > self.limit

    @property
    def headers(self) -> dict[str, str]:
        """The ``RateLimit-*`` headers, and ``Retry-After`` past the limit."""
        headers = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.reset_s),
        }
        return {**headers, "Retry-After": str(self.reset_s)} if self.exceeded else headers


class MinuteCounter:
    """Calls per token in the current minute, in this process; used when Django's cache keeps nothing."""

    def __init__(self) -> None:
        self._period = 0
        self._counts: Counter[int] = Counter()
        self._lock = threading.Lock()

    def count(self, token_id: int, period: int) -> int:
        """Count one call and return how many the token has made in this period."""
        with self._lock:
            if period != self._period:
                self._period = period
                self._counts.clear()
            self._counts[token_id] += 1
            return self._counts[token_id]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._counts.clear()


calls_here = MinuteCounter()


def count_call(token_id: int, *, limit: int, now: float) -> Rate:
    """Count one call of a token in the minute of ``now`` (Unix time), over all processes that share Django's cache."""
    period = int(now) // PERIOD_S
    used = _count_shared(f"perfmon:rate:{token_id}:{period}")
    if used is None:
        used = calls_here.count(token_id, period)
    return Rate(limit, used, (period + 1) * PERIOD_S - int(now))


def _count_shared(key: str) -> int | None:
    with muted():
        try:
            cache.add(key, 0, 2 * PERIOD_S)
            return int(cache.incr(key))
        except ValueError:  # a cache that keeps nothing
            return None
        except Exception as error:
            guard.count_failure("rate limit", error)
            return None


class EndpointRegister:
    """The endpoints each token has named lately, so that a faulty sender can't fill the store with series.

    Kept in this process; an endpoint not named for ``FORGET_S`` gives its place free.
    """

    def __init__(self) -> None:
        self._seen: dict[int, dict[str, float]] = {}
        self._lock = threading.Lock()

    def admit(self, token_id: int, endpoints: Iterable[str], *, limit: int) -> str | None:
        """Take all endpoints in, or none and return the first that would be past the limit."""
        now = time.monotonic()
        with self._lock:
            seen = self._seen.setdefault(token_id, {})
            known = {name: at for name, at in seen.items() if now - at < FORGET_S}
            for name in endpoints:
                if name not in known and len(known) >= limit:
                    return name
                known[name] = now
            self._seen[token_id] = known
        return None

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._seen.clear()


endpoints = EndpointRegister()
