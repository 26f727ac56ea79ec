"""How long a load test takes, before it is started; pure."""

from __future__ import annotations

from perfmon.loadtest.profiles import Profile


def longest_s(profile: Profile) -> float:
    """Return how long the requests take, of a search how long at most; preparing and tidying come on top."""
    return profile.search.most_s if profile.search else profile.duration_s
