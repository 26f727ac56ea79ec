"""Profiles: where the target is from second to second, and what can be changed about them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.profiles import PROFILES, Profile, Stage, get_profile, target_at
from perfmon.loadtest.thresholds import parse

stages = st.lists(st.builds(Stage, st.floats(0, 100), st.floats(0, 1000)), min_size=1, max_size=8).map(tuple)


def test_the_target_moves_in_a_line_from_stage_to_stage() -> None:
    course = (Stage(0, 0), Stage(10, 20), Stage(5, 20), Stage(0, 5), Stage(5, 5))
    assert [target_at(course, at) for at in (0, 5, 10, 14.9, 15, 30)] == [0, 10, 20, 20, 5, 5]


@given(stages, st.floats(0, 1000))
def test_the_target_never_leaves_what_the_stages_name(course: tuple[Stage, ...], at_s: float) -> None:
    named = [stage.target for stage in course]
    assert min(named) - 1e-6 <= target_at(course, at_s) <= max(named) + 1e-6


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_survives_being_stored_and_has_thresholds_that_can_be_read(name: str) -> None:
    profile = get_profile(name)
    assert Profile.from_json(profile.to_json()) == Profile(**{**vars_of(profile), "about": str(profile.about)})
    assert all(parse(text) for text in profile.thresholds)
    assert bool(profile.stages) != bool(profile.search)


def test_the_limit_is_the_table_of_budgets(settings: Any) -> None:
    settings.PERF_BUDGETS = {"p95_ms": 321}
    assert "p95 < 321 ms" in get_profile("load").thresholds


def test_a_profile_is_stretched_and_raised_in_proportion() -> None:
    spike = PROFILES["spike"].lasting(40).peaking(100)
    assert spike.duration_s == pytest.approx(40)
    assert [stage.target for stage in spike.stages] == [10, 100, 100, 10, 10]
    assert spike.warm_up_s <= 40 / 6


def vars_of(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in Profile.__dataclass_fields__}
