"""Every kind of page passes axe-core in Chromium without a serious or critical finding, and breaks no policy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings
from django.test import Client

from articles.services.articles import article_save
from tests.fixtures.fake_provider import FakeProvider
from tests.fixtures.site import Site
from tests.pages.kinds import ADMIN, EDITOR, GENERATION, OPERATOR, READER, SITE, WRITER, Kind
from tests.pages.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

#: A dozen pages each, in a browser.
pytestmark = pytest.mark.timeout(300)

GRAVE = ("serious", "critical")
#: Theme and width in px. A page is loaded once and looked at in both, as by somebody who turns the device at dusk.
LOOKS = (("light", 1440), ("dark", 390))
RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(({id, impact, nodes}) => [id, impact, nodes.map(({target}) => target.join(" "))]);
}"""
#: What is Django's own in the admin's pages, and not ours to mend.
DJANGOS_OWN = {"color-contrast", "region", "scrollable-region-focusable", "target-size"}


@pytest.mark.parametrize(
    "kinds",
    [SITE, WRITER, GENERATION, EDITOR, OPERATOR, ADMIN],
    ids=["site", "writer", "generation", "editor", "operator", "admin"],
)
def test_pages_are_accessible_and_keep_to_the_policy(
    world: World, site: Site, browser: Browser, node_modules: Path, kinds: tuple[Kind, ...]
) -> None:
    axe = (node_modules / "axe-core" / "axe.min.js").read_text()
    found: list[str] = []
    for kind in kinds:
        context = _context(browser, world, site, kind.who, LOOKS[0])
        page = context.new_page()
        broken = _broken_policies(page)
        path = kind.path(world)
        answer = page.goto(site.url + path)
        assert answer is not None
        assert answer.status == kind.status, path
        broken = list(broken)  # what the checker itself asks for is none of the page's
        page.evaluate(axe)
        for look in LOOKS:
            _look(page, look)
            grave = [row for row in page.evaluate(RUN) if row[1] in GRAVE and not _is_djangos(kind, row[0])]
            found += [f"{path} {look}: {rule} at {', '.join(places)}" for rule, _impact, places in grave]
        found += [f"{path}: {policy}" for policy in broken]
        context.close()
    assert not found, "\n".join(found)


@pytest.mark.parametrize("look", LOOKS, ids=["light-wide", "dark-narrow"])
def test_a_comparison_after_a_conflict_is_accessible(
    world: World, site: Site, browser: Browser, node_modules: Path, look: tuple[str, int]
) -> None:
    context = _context(browser, world, site, "writer", look)
    page = context.new_page()
    page.goto(f"{site.url}/studio/articles/{world.draft.pk}/")
    theirs = replace(world.draft.working(), title="Hers", body="Her words.")
    article_save(article_id=world.draft.pk, content=theirs, version=world.draft.version, actor=world.people["editor"])
    page.get_by_label("Text", exact=True).fill("My words.")
    page.keyboard.press("Control+s")
    page.locator("[data-compare]").click()
    page.locator("fieldset.place").first.wait_for()
    page.evaluate((node_modules / "axe-core" / "axe.min.js").read_text())

    assert [row for row in page.evaluate(RUN) if row[1] in GRAVE] == []
    context.close()


@pytest.mark.parametrize("look", LOOKS, ids=["light-wide", "dark-narrow"])
def test_a_proposal_for_a_passage_is_accessible(
    world: World,
    site: Site,
    browser: Browser,
    node_modules: Path,
    look: tuple[str, int],
    provider: FakeProvider,
    settings: Any,
) -> None:
    settings.LLM_ENDPOINTS = [provider.entry()]
    context = _context(browser, world, site, "writer", look)
    page = context.new_page()
    page.goto(f"{site.url}/studio/articles/{world.draft.pk}/")
    page.get_by_label("Text", exact=True).press("Control+j")
    page.get_by_role("button", name="Rewrite", exact=True).click()
    page.locator(".change").first.click()
    page.evaluate((node_modules / "axe-core" / "axe.min.js").read_text())

    assert [row for row in page.evaluate(RUN) if row[1] in GRAVE] == []
    context.close()


def _is_djangos(kind: Kind, rule: str) -> bool:
    return kind in ADMIN and rule in DJANGOS_OWN


def _look(page: Page, look: tuple[str, int]) -> None:
    theme, width_px = look
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width_px, "height": 900})


def _context(browser: Browser, world: World, site: Site, who: str, look: tuple[str, int]) -> BrowserContext:
    theme, width_px = look
    context = browser.new_context(
        locale="en-US", color_scheme=theme, viewport={"width": width_px, "height": 900},  # type: ignore[arg-type]
        reduced_motion="reduce",
    )  # fmt: skip
    if who != READER:
        client = Client()
        client.force_login(world.people[who], backend="django.contrib.auth.backends.ModelBackend")
        session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    return context


def _broken_policies(page: Page) -> list[str]:
    """Return a list that fills with what the page's security policy stopped."""
    broken: list[str] = []
    page.on(
        "console",
        lambda message: broken.append(message.text) if "Content Security Policy" in message.text else None,
    )
    return broken
