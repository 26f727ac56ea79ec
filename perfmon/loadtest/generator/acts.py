"""Actions made ready: numbered, with their performer, their templates and the headers that never change."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random

from perfmon.loadtest.generator.kinds import Perform, perform_of
from perfmon.loadtest.generator.templates import Template, body_template, path_template
from perfmon.loadtest.plans import MARK_HEADER, Action, Plan


@dataclass(frozen=True, slots=True)
class Act:
    """One action of a plan. ``key`` is its number as the rows have it; ``headers`` hold the mark."""

    key: str
    action: Action
    perform: Perform
    path: Template
    body: Template | None
    headers: dict[str, str]


class Acts:
    """A plan's actions, to pick from by weight."""

    def __init__(self, plan: Plan) -> None:
        self._acts = [_act(number, action, plan.mark) for number, action in enumerate(plan.actions)]
        self._weights = list(accumulate(action.weight for action in plan.actions))

    def pick(self, random: Random) -> Act:
        """Return one, the likelier the heavier."""
        return random.choices(self._acts, cum_weights=self._weights)[0]


def _act(number: int, action: Action, mark: str) -> Act:
    words = {*action.choices, "n"}
    return Act(
        key=str(number),
        action=action,
        perform=perform_of(action),
        path=path_template(action.path, words),
        body=None if action.body is None else body_template(action.body, words),
        headers={**action.headers, MARK_HEADER: f"{mark}.{number}"},
    )
