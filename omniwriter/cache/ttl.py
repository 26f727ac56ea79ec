"""Times to live: those of the budgets' table by name, or a number of seconds where a place has its own."""

from __future__ import annotations

import enum

from perfmon.conf import get_budgets

STALE_SHARE = 0.5  # of the time to live: how much longer a value is kept to be given out while it is made anew
MAX_STALE_S = 60.0


class Ttl(enum.StrEnum):
    """A row of the budgets' table."""

    DEFAULT = "cache_default_ttl_s"
    QUERY = "cache_query_ttl_s"
    API = "cache_api_ttl_s"
    POPULAR = "cache_popular_ttl_s"


def ttl_seconds(ttl: Ttl | float) -> float:
    """Return a time to live in seconds; the table is read now, not when a module is imported."""
    return float(getattr(get_budgets(), ttl)) if isinstance(ttl, Ttl) else ttl


def stale_s_of(ttl_s: float) -> float:
    """Return how long a value that has run out is still given out while it is made anew, in seconds."""
    return min(MAX_STALE_S, STALE_SHARE * ttl_s)
