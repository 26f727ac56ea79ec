"""Where the target goes next: along a profile's stages, or wherever the search for the break point leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from perfmon.loadtest.profiles import Profile, target_at
from perfmon.loadtest.stress import BreakPointSearch, Knee
from perfmon.series import Window


class Pacing(Protocol):
    """What the conductor asks several times a second, and tells once a second."""

    def target(self, at_s: float) -> float | None:
        """Return users or arrivals a second at this moment, None when the run is over."""

    def observe(self, at_s: float, frame: Mapping[str, Any], latency: Window) -> None:
        """Take a second's frame into account."""

    def knee(self) -> Knee | None:
        """Return the break point, of a search that found one."""

    @property
    def phase(self) -> str:
        """What a search is at; empty for stages."""


class StagePacing:
    """Follows a profile's stages whatever happens."""

    phase = ""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def target(self, at_s: float) -> float | None:
        """Return the stages' target, None after the last one."""
        return target_at(self._profile.stages, at_s) if at_s < self._profile.duration_s else None

    def observe(self, at_s: float, frame: Mapping[str, Any], latency: Window) -> None:
        """Nothing changes the stages."""

    def knee(self) -> Knee | None:
        """Return nothing: none was looked for."""
        return None


class SearchPacing:
    """Follows a search."""

    def __init__(self, search: BreakPointSearch) -> None:
        self._search = search

    def target(self, at_s: float) -> float | None:
        """Return the search's rate, None when it is over."""
        return None if self._search.finished else self._search.target()

    def observe(self, at_s: float, frame: Mapping[str, Any], latency: Window) -> None:
        """Tell the search how a second went."""
        self._search.observe(at_s, frame["target"], latency, frame["waiting"], frame["busy"])

    def knee(self) -> Knee | None:
        """Return the break point."""
        return self._search.knee()

    @property
    def phase(self) -> str:
        """What the search is at."""
        return self._search.phase


def pacing_of(profile: Profile) -> Pacing:
    """Return how a profile's target moves."""
    return SearchPacing(BreakPointSearch(profile.search)) if profile.search else StagePacing(profile)
