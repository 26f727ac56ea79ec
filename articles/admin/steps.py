"""The steps of an article as buttons of its form; the studio takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from articles.enums import Action


@dataclass(frozen=True, slots=True)
class StepButton:
    """One step: what it is called, and whether the studio has to ask something first."""

    action: str
    label: str | Promise
    asks: bool


_LABELS: dict[Action, str | Promise] = {
    Action.SUBMIT: _("Submit for review"),
    Action.WITHDRAW: _("Withdraw from review"),
    Action.RETURN: _("Return with a note"),
    Action.APPROVE: _("Approve"),
    Action.SCHEDULE: _("Schedule"),
    Action.UNSCHEDULE: _("Take off the schedule"),
    Action.PUBLISH: _("Publish now"),
    Action.UNPUBLISH: _("Unpublish"),
    Action.DISCARD: _("Discard the changes"),
    Action.ARCHIVE: _("Archive"),
    Action.RESTORE: _("Restore from the archive"),
}
_ASKING = frozenset({Action.RETURN, Action.SCHEDULE})


def step_buttons(actions: Sequence[Action]) -> list[StepButton]:
    """Return the buttons of these steps, in their order."""
    return [StepButton(action.value, _LABELS[action], action in _ASKING) for action in actions]
