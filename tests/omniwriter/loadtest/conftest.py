"""A load test's place at a served site, and the project's scenario there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from omniwriter.loadtest.scenario import ArticlesScenario
from perfmon.loadtest.scenarios import Cast, Place
from tests.fixtures.site import Site
from tests.omniwriter.loadtest.performing import RUN


@pytest.fixture(autouse=True)
def _known_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for no other process to know of the provider: the site is in this one."""
    monkeypatch.setattr("omniwriter.loadtest.scenario.KNOWN_AFTER_S", 0.0)


@pytest.fixture
def place(site: Site) -> Place:
    """The served site, for run 7."""
    return Place(site.url, RUN, lambda _words: None)


@pytest.fixture
def scenario(place: Place) -> Iterator[ArticlesScenario]:
    """The project's scenario; whatever a test left of its run is removed after it."""
    made = ArticlesScenario()
    yield made
    made.remove(RUN)


@pytest.fixture
def cast(scenario: ArticlesScenario, place: Place, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """What the scenario gives, with few accounts and articles."""
    monkeypatch.setattr("omniwriter.loadtest.scenario.ACCOUNTS", 2)
    monkeypatch.setattr("omniwriter.loadtest.seeding.PER_TERM", 2)
    return scenario.prepare(place)


@pytest.fixture
def author(transactional_db: None) -> User:
    """Somebody whose things are not the load test's."""
    return User.objects.create_user("clarice", password="a long password")
