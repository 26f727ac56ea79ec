"""Profiles: how many users or arrivals a load test has from second to second, and what it must hold to.

A target is users in the closed model and arrivals a second in the open one. Between two stages it moves in a line, as
in k6; a stage of no length is a jump.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from perfmon.conf import get_budgets
from perfmon.loadtest.plans import CLOSED, OPEN


@dataclass(frozen=True, slots=True)
class Stage:
    """The target reached after so many seconds."""

    duration_s: float
    target: float


@dataclass(frozen=True, slots=True)
class Search:
    """How the break point is looked for: steps of a constant rate, until one does not hold."""

    start: float = 10.0
    growth: float = 1.5
    step_s: float = 8.0
    most: float = 2000.0
    limit_p95_ms: float = 1000.0
    limit_error_pct: float = 1.0
    refine: int = 3  # halvings between the last step that held and the first that did not
    recover_s: float = 30.0
    most_s: float = 180.0  # it ends then with what it knows


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of load test. The first ``warm_up_s`` are counted but leave no mark on percentiles and verdicts."""

    name: str
    about: Any
    model: str = OPEN
    stages: tuple[Stage, ...] = ()
    search: Search | None = None
    thresholds: tuple[str, ...] = ()
    think_s: tuple[float, float] = (1.0, 3.0)
    most_users: int = 200
    warm_up_s: float = 5.0
    scenario: str = ""

    @property
    def duration_s(self) -> float:
        """How long it takes; of a search, how long at most."""
        return sum(stage.duration_s for stage in self.stages)

    def to_json(self) -> dict[str, Any]:
        """Return plain values for the run's row."""
        return {**asdict(self), "about": str(self.about)}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Profile:
        """Read what ``to_json`` made."""
        search = Search(**kept["search"]) if kept["search"] else None
        lists = {name: tuple(kept[name]) for name in ("thresholds", "think_s")}
        return cls(**{**kept, **lists, "search": search, "stages": tuple(Stage(**one) for one in kept["stages"])})

    def lasting(self, duration_s: float) -> Profile:
        """Return the profile stretched or shortened to a duration, warm-up and jumps in proportion."""
        factor = duration_s / self.duration_s
        stages = tuple(replace(stage, duration_s=stage.duration_s * factor) for stage in self.stages)
        return replace(self, stages=stages, warm_up_s=min(self.warm_up_s, duration_s / 6))

    def peaking(self, target: float) -> Profile:
        """Return the profile with that highest target, the others in proportion."""
        peak = max((stage.target for stage in self.stages), default=target)
        return replace(self, stages=tuple(replace(one, target=one.target * target / peak) for one in self.stages))


def target_at(stages: tuple[Stage, ...], at_s: float) -> float:
    """Return the target so many seconds in; after the last stage it is the last one's."""
    began, before = 0.0, stages[0].target if stages else 0.0
    for stage in stages:
        if at_s < began + stage.duration_s:
            return before + (stage.target - before) * (at_s - began) / stage.duration_s
        began, before = began + stage.duration_s, stage.target
    return before


_ERRORS = "errors < 1 %"
_BUDGET = (_ERRORS, "p95 < budget")  # of the one table of budgets, see ``get_profile``

PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile(
            "smoke", _("Does everything answer? Two users for fifteen seconds."), CLOSED,
            (Stage(15, 2),), thresholds=(_ERRORS,), think_s=(0.1, 0.3), warm_up_s=2,
        ),
        Profile(
            "load", _("An ordinary busy hour in short: up to 20 arrivals a second, held."), OPEN,
            (Stage(15, 20), Stage(105, 20)), thresholds=_BUDGET,
        ),
        Profile(
            "stress", _("Where does it break? Arrivals grow step by step, then it may recover."), OPEN,
            search=Search(), most_users=400,
        ),
        Profile(
            "soak", _("Does it last? Ten arrivals a second for an hour."), OPEN,
            (Stage(60, 10), Stage(3540, 10)), thresholds=_BUDGET, warm_up_s=60,
        ),
        Profile(
            "spike", _("A crowd arrives at once: from 5 to 50 arrivals a second and back."), OPEN,
            (Stage(20, 5), Stage(1, 50), Stage(20, 50), Stage(1, 5), Stage(38, 5)), thresholds=_BUDGET, most_users=400,
        ),
    )
}  # fmt: skip


def get_profile(name: str) -> Profile:
    """Return a profile with the table of budgets' limits in its thresholds; raises KeyError."""
    profile = PROFILES[name]
    limit = f"p95 < {get_budgets().p95_ms:g} ms"
    return replace(profile, thresholds=tuple(limit if one == "p95 < budget" else one for one in profile.thresholds))
