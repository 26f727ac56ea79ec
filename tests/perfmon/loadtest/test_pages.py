"""What any project's load test reads: the pages that take no argument and answer everybody."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from perfmon.exceptions import ScenarioError
from perfmon.loadtest.pages import MOST_PAGES, PagesScenario
from perfmon.loadtest.plans import Action
from perfmon.loadtest.scenarios import Place
from tests.fixtures.site import Site
from tests.perfmon.loadtest import urls_pages


def actions_of(site: Site) -> tuple[Action, ...]:
    said: list[str] = []
    cast = PagesScenario().prepare(Place(site.url, 1, said.append))
    assert cast.sessions == ()
    assert said == [f"{len(cast.actions)} pages are read."]
    return cast.actions


def test_pages_that_answer_everybody_are_read_under_their_routes_names(site: Site, settings: Any) -> None:
    settings.ROOT_URLCONF = urls_pages.__name__

    actions = actions_of(site)

    assert [(action.name, action.path) for action in actions[:4]] == [
        ("GET /", "/"), ("GET /inner/list/", "/inner/list/"), ("GET /old.html", "/old.html"),
        ("GET /page-0/", "/page-0/"),
    ]  # fmt: skip
    assert {(action.weight, action.safe, action.needs_session) for action in actions} == {(1, True, False)}
    assert len(actions) == MOST_PAGES


def test_nothing_is_asked_for_that_may_do_something(site: Site, settings: Any) -> None:
    settings.ROOT_URLCONF = urls_pages.__name__
    urls_pages.asked.clear()

    actions_of(site)

    words = " ".join(urls_pages.asked)
    assert not any(word in words for word in ("delete", "logout", "log-out", "admin", "dashboard", "health", "post"))
    assert len(urls_pages.asked) == len(set(urls_pages.asked)) == MOST_PAGES


def test_the_projects_own_pages_can_be_read(site: Site) -> None:
    actions = actions_of(site)

    names = {action.name for action in actions}
    assert {"GET /api/articles", "GET /en/", "GET /sitemap.xml"} <= names
    assert not any("admin" in name or "studio/new" in name or "dashboard" in name for name in names)
    assert {httpx.get(site.url + action.path).status_code for action in actions} == {200}


def test_a_project_without_such_a_page_is_told(site: Site, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.ROOT_URLCONF = urls_pages.__name__
    monkeypatch.setattr(urls_pages, "urlpatterns", [])

    with pytest.raises(ScenarioError, match="answers 200 to a visitor without an argument"):
        PagesScenario().prepare(Place(site.url, 1, lambda _words: None))


def test_a_site_that_is_not_there_is_told() -> None:
    with pytest.raises(ScenarioError, match="Nobody answers at"):
        PagesScenario().prepare(Place("http://127.0.0.1:1", 1, lambda _words: None))


def test_there_is_nothing_to_remove() -> None:
    PagesScenario().remove(1)
