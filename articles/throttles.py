"""How often one caller may ask: counted by the minute in Django's cache, so over all processes that share it.

A cache that is away lets everybody pass, and that is counted: the API is then slower to protect itself, not broken.
A program of the site may grant an account more for a while; a grant is looked for only by who is past a limit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.conf import settings
from django.core.cache import cache

logger = logging.getLogger(__name__)

PERIOD_S = 60
#: Calls a minute where ``API_RATES_PER_MIN`` says nothing else; 0 is no limit.
RATES_PER_MIN: Mapping[str, int] = {"anonymous": 1200, "token": 3000, "write": 300, "login": 20, "generate": 30}
_LOG_EVERY_S = 60.0
_ANY = "any"  # is granted something while anybody is


class Allowance(NamedTuple):
    """Where a caller stands in this minute."""

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


class Failures:
    """Calls that passed uncounted because the cache was away; logged at most once a minute."""

    def __init__(self) -> None:
        self.count = 0
        self._logged_at = -_LOG_EVERY_S

    def add(self, error: Exception | None) -> None:
        """Count one."""
        self.count += 1
        now = time.monotonic()
        if now - self._logged_at >= _LOG_EVERY_S:
            self._logged_at = now
            logger.warning("The cache is away: %d calls passed without being counted. %s", self.count, error or "")


failures = Failures()


def call_count(rate: str, caller: str) -> Allowance | None:
    """Count one call of ``caller`` against a rate; None where there is no limit, or nothing to count in."""
    limit = int(settings.API_RATES_PER_MIN.get(rate, RATES_PER_MIN[rate]))
    if limit < 1:
        return None
    now = int(time.time())
    used = _counted(f"throttle:{rate}:{caller}:{now // PERIOD_S}")
    if used is None:
        return None
    if used > limit:
        limit *= granted(caller)
    return Allowance(limit, used, PERIOD_S - now % PERIOD_S)


def account_key(account_id: int) -> str:
    """Return how an account is called where its calls are counted."""
    return f"user:{account_id}"


def grant(account_ids: Iterable[int], *, times: int, seconds: int) -> None:
    """Let accounts call so many times as often as others, for so long at most: those of one load test at a time."""
    callers = [account_key(account_id) for account_id in account_ids]
    cache.set_many({_grant_key(caller): times for caller in (*callers, _ANY)}, seconds)


def any_granted() -> bool:
    """Whether any account may have been granted more; a look at one key, before one at a session."""
    return granted(_ANY) > 1


def grants_end(account_ids: Iterable[int]) -> None:
    """Take grants back."""
    callers = [account_key(account_id) for account_id in account_ids]
    cache.delete_many([_grant_key(caller) for caller in (*callers, _ANY)])


def granted(caller: str) -> int:
    """Return how many times as often as others a caller may call; 1 for nearly everybody."""
    try:
        return int(cache.get(_grant_key(caller)) or 1)
    except Exception as error:
        failures.add(error)
        return 1


def _grant_key(caller: str) -> str:
    return f"throttle:granted:{caller}"


def _counted(key: str) -> int | None:
    try:
        used = _incremented(key)
    except Exception as error:
        failures.add(error)
        return None
    if not isinstance(used, int):  # a cache that swallows its own errors
        failures.add(None)
        return None
    return used


def _incremented(key: str) -> object:
    """Count in one round trip; only a minute's first call, which finds nothing to count in, takes three."""
    try:
        return cache.incr(key)
    except ValueError:
        cache.add(key, 0, 2 * PERIOD_S)
        return cache.incr(key)
