"""The steps on an article's way to the readers: from where, to where, by whom. Pure: a table and its reader.

A stage is the article's status and, of a published one, whether changes wait behind it and are in review. Every
account has standings towards an article: it may edit it, review it, publish it; and an approval of the text as it is
now lends the right to publish to whoever may edit.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from articles.enums import Action, Status


class Standing(StrEnum):
    """What an account is to one article."""

    EDIT = "edit"
    REVIEW = "review"
    PUBLISH = "publish"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where an article is: its status, the state of the changes behind a published one, its approval."""

    status: Status
    has_changes: bool = False
    changes_in_review: bool = False
    approved: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table: who may take the step from which statuses, and what the status is afterwards.

    A step marked ``on_changes`` is also open to a published article whose changes are in the state it names.
    """

    action: Action
    sources: frozenset[Status]
    target: Status | None  # None: stays where it is
    needs: Standing
    on_changes: str = ""  # "", "open", "review" or "any"
    approval_will_do: bool = False


def _from(*statuses: Status) -> frozenset[Status]:
    return frozenset(statuses)


_UNPUBLISHED = (Status.DRAFT, Status.REVIEW)
STEPS = {
    step.action: step
    for step in (
        Step(Action.SUBMIT, _from(Status.DRAFT), Status.REVIEW, Standing.EDIT, on_changes="open"),
        Step(Action.WITHDRAW, _from(Status.REVIEW), Status.DRAFT, Standing.EDIT, on_changes="review"),
        Step(Action.RETURN, _from(Status.REVIEW), Status.DRAFT, Standing.REVIEW, on_changes="review"),
        Step(Action.APPROVE, _from(Status.REVIEW), None, Standing.REVIEW, on_changes="review"),
        Step(Action.SCHEDULE, _from(*_UNPUBLISHED, Status.SCHEDULED), Status.SCHEDULED, Standing.PUBLISH,
             approval_will_do=True),
        Step(Action.UNSCHEDULE, _from(Status.SCHEDULED), Status.DRAFT, Standing.EDIT),
        Step(Action.PUBLISH, _from(*_UNPUBLISHED, Status.SCHEDULED), Status.PUBLISHED, Standing.PUBLISH,
             on_changes="any", approval_will_do=True),
        Step(Action.UNPUBLISH, _from(Status.PUBLISHED), Status.DRAFT, Standing.PUBLISH),
        Step(Action.DISCARD, _from(), None, Standing.EDIT, on_changes="any"),
        Step(Action.ARCHIVE, _from(*_UNPUBLISHED, Status.SCHEDULED, Status.PUBLISHED), Status.ARCHIVED,
             Standing.PUBLISH),
        Step(Action.RESTORE, _from(Status.ARCHIVED), Status.DRAFT, Standing.PUBLISH),
    )
}  # fmt: skip


def is_open(step: Step, stage: Stage) -> bool:
    """Whether an article at ``stage`` can take ``step``, whoever asks."""
    if stage.status is not Status.PUBLISHED:
        return stage.status in step.sources
    if stage.has_changes and step.on_changes:
        wanted = {"open": not stage.changes_in_review, "review": stage.changes_in_review, "any": True}
        return wanted[step.on_changes]
    return Status.PUBLISHED in step.sources


def may_take(step: Step, stage: Stage, standings: Container[Standing]) -> bool:
    """Whether these standings allow ``step`` at ``stage``; an approved text may go out by who edits it."""
    if step.needs in standings:
        return True
    return step.approval_will_do and stage.approved and Standing.EDIT in standings


def open_actions(stage: Stage, standings: Container[Standing]) -> list[Action]:
    """Return the steps an account can take now, in the table's order."""
    return [step.action for step in STEPS.values() if is_open(step, stage) and may_take(step, stage, standings)]
