"""``PagesScenario``: reads the pages of any project that take no argument; nothing is made, so nothing is removed."""

from __future__ import annotations

from django.utils.translation import gettext as _

from perfmon.exceptions import ScenarioError
from perfmon.loadtest.plans import Action
from perfmon.loadtest.routes import plain_routes
from perfmon.loadtest.scenarios import Cast, Place
from perfmon.loadtest.sessions import Visitor
from perfmon.recorders.request_slots import route_label

MOST_PAGES = 30
MOST_TRIED = 200  # so that a large project does not wait for minutes


class PagesScenario:
    """What a visitor who is not logged in may read, each page as often as the others."""

    def prepare(self, place: Place) -> Cast:
        """Try each route once and keep those that answer 200; raises ScenarioError when there is none."""
        pages = []
        for route in plain_routes()[:MOST_TRIED]:
            if Visitor(place.host).get(route.path).status == 200:
                pages.append(Action(name=f"GET {route_label(route.route)}", path=route.path))
            if len(pages) == MOST_PAGES:
                break
        if not pages:
            raise ScenarioError(
                _(
                    "No page of %(host)s answers 200 to a visitor without an argument in its address. Write a scenario "
                    'and name it in PERFMON["LOADTEST_SCENARIO"].'
                )
                % {"host": place.host}
            )
        place.say(_("%(number)d pages are read.") % {"number": len(pages)})
        return Cast(actions=tuple(pages))

    def remove(self, run: int) -> None:
        """Do nothing: reading made nothing."""
