"""The steps of an article as buttons of its form; the studio takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from articles.enums import Action
from articles.wording import USUAL_ORDER, VERBS, Words


@dataclass(frozen=True, slots=True)
class StepButton:
    """One step: what it is called, and whether the studio has to ask something first."""

    action: str
    label: Words
    asks: bool


_ASKING = frozenset({Action.RETURN, Action.SCHEDULE})


def step_buttons(actions: Sequence[Action]) -> list[StepButton]:
    """Return the buttons of these steps, the one most people come for first."""
    ordered = sorted(actions, key=USUAL_ORDER.index)
    return [StepButton(action.value, VERBS[action], action in _ASKING) for action in ordered]
