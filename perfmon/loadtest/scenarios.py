"""Scenarios: what users of a site do in a load test, and what must be there for it.

``PERFMON["LOADTEST_SCENARIO"]`` names a project's own class; without one the pages that take no argument are read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from perfmon.conf import get_config
from perfmon.loadtest.plans import Action, Session


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scenario plays: ``run`` names its rows so that they can be found again, ``say`` tells the watcher."""

    host: str
    run: int
    say: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Cast:
    """What a scenario gives: actions with their weights, and sessions to share among the users."""

    actions: tuple[Action, ...]
    sessions: tuple[Session, ...] = ()


class Scenario(Protocol):
    """What ``LOADTEST_SCENARIO`` must name. It may be made anew for ``remove``: rows are found by the run's number."""

    def prepare(self, place: Place) -> Cast:
        """Make users and data, log the users in by the site's own door. Raises ScenarioError saying what failed."""

    def remove(self, run: int) -> None:
        """Remove all that run made, also what its users made; no error when nothing is left."""


def get_scenario(path: str = "") -> Scenario:
    """Return the project's scenario, or the one a dotted path names; raises ImproperlyConfigured with the fix."""
    path = path or get_config().loadtest_scenario
    try:
        return import_string(path)()  # type: ignore[no-any-return]
    except (ImportError, TypeError) as error:
        raise ImproperlyConfigured(
            f'PERFMON["LOADTEST_SCENARIO"] = {path!r} can\'t be loaded ({error}). Name a class with prepare and remove.'
        ) from error
