"""The table of steps, on its own: who may go where from where."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.enums import Action, Status
from articles.workflow import STEPS, Stage, Standing, is_open, open_actions

EVERYTHING = frozenset(Standing)
stages = st.builds(
    Stage,
    status=st.sampled_from(Status),
    has_changes=st.booleans(),
    changes_in_review=st.booleans(),
    approved=st.booleans(),
)
standings = st.frozensets(st.sampled_from(Standing))


@pytest.mark.parametrize(
    ("stage", "actions"),
    [
        (Stage(Status.DRAFT), "submit schedule publish archive"),
        (Stage(Status.REVIEW), "withdraw return approve schedule publish archive"),
        (Stage(Status.SCHEDULED), "schedule unschedule publish archive"),
        (Stage(Status.PUBLISHED), "unpublish archive"),
        (Stage(Status.PUBLISHED, has_changes=True), "submit publish unpublish discard archive"),
        (
            Stage(Status.PUBLISHED, has_changes=True, changes_in_review=True),
            "withdraw return approve publish unpublish discard archive",
        ),
        (Stage(Status.ARCHIVED), "restore"),
    ],
)
def test_who_may_do_everything_has_these_steps(stage: Stage, actions: str) -> None:
    assert open_actions(stage, EVERYTHING) == [Action(name) for name in actions.split()]


@pytest.mark.parametrize(
    ("status", "approved", "actions"),
    [
        (Status.DRAFT, False, "submit"),
        (Status.REVIEW, False, "withdraw"),
        (Status.REVIEW, True, "withdraw schedule publish"),
        (Status.SCHEDULED, False, "unschedule"),
        (Status.PUBLISHED, False, ""),
        (Status.ARCHIVED, False, ""),
    ],
)
def test_a_writer_needs_an_approval_to_publish(status: Status, approved: bool, actions: str) -> None:
    stage = Stage(status, approved=approved)

    assert open_actions(stage, {Standing.EDIT}) == [Action(name) for name in actions.split()]


@given(stages)
def test_who_has_no_standing_has_no_step(stage: Stage) -> None:
    assert open_actions(stage, frozenset()) == []


@given(stages, standings, standings)
def test_more_standing_never_takes_a_step_away(
    stage: Stage, some: frozenset[Standing], more: frozenset[Standing]
) -> None:
    assert set(open_actions(stage, some)) <= set(open_actions(stage, some | more))


@given(stages)
def test_every_stage_has_a_way_on_and_each_step_leads_to_a_known_status(stage: Stage) -> None:
    steps = [STEPS[action] for action in open_actions(stage, EVERYTHING)]

    assert steps
    assert all(is_open(step, stage) and (step.target is None or step.target in Status) for step in steps)
