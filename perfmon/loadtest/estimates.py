"""How long a load test takes, before it is started; pure."""

from __future__ import annotations

from math import ceil, log

from perfmon.loadtest.profiles import Profile, Search


def longest_s(profile: Profile) -> float:
    """Return how long the requests take, of a search how long at most; preparing and tidying come on top."""
    return _search_s(profile.search) if profile.search else profile.duration_s


def _search_s(search: Search) -> float:
    """Every step up to the highest rate, the halvings after the first that does not hold, and the recovery."""
    steps = 1 + max(0, ceil(log(search.most / search.start) / log(search.growth)))
    return (steps + search.refine) * search.step_s + search.recover_s
