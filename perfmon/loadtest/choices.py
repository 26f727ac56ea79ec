"""What the pages of load tests offer to choose from: profiles with their length, runs to compare with."""

from __future__ import annotations

from typing import Any

from perfmon.loadtest.estimates import longest_s
from perfmon.loadtest.models import FINISHED_STATUSES, LoadRun
from perfmon.loadtest.profiles import PROFILES, Profile
from perfmon.loadtest.startform import LoadTestForm
from perfmon.panels.loadrows import span

MOST_COMPARABLE = 20


def profile_choices(form: LoadTestForm) -> list[dict[str, Any]]:
    """Return the profiles with what the form shows of each, times in s; the one chosen is ``checked``."""
    chosen = form["profile"].value() or "smoke"
    return [
        {
            "name": profile.name,
            "about": profile.about,
            "model": profile.model,
            "seconds": round(longest_s(profile)),
            "takes": span(longest_s(profile)),
            "target": _peak(profile),
            "search": profile.search is not None,
            "checked": profile.name == chosen,
        }
        for profile in PROFILES.values()
    ]


def comparable(run: LoadRun) -> list[LoadRun]:
    """Return the runs to compare with: baselines first, then the newest of the same profile that came to their end."""
    finished = (
        LoadRun.objects.filter(status__in=FINISHED_STATUSES).exclude(pk=run.pk).only("pk", "baseline", "profile_name")
    )
    named = list(finished.exclude(baseline=None)[:MOST_COMPARABLE])
    known = {one.pk for one in named}
    same = finished.filter(profile_name=run.profile_name)[:MOST_COMPARABLE]
    return named + [one for one in same if one.pk not in known]


def _peak(profile: Profile) -> float:
    if profile.search is not None:
        return profile.search.most
    return max((stage.target for stage in profile.stages), default=0.0)
