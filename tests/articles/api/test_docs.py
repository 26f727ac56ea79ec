"""The API's reference in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fixtures.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_a_call_is_copied_and_the_page_keeps_to_the_policy(site: Site, page: Page) -> None:
    from playwright.sync_api import expect

    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{site.url}/api/docs#articles_search")

    button = page.locator("#articles_search [data-copy]")
    button.click()

    expect(button).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"curl '{site.url}/api/articles/search?q=percentile'"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert said == []


def test_without_scripts_nothing_is_offered_that_would_not_work(site: Site, browser: object) -> None:
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{site.url}/api/docs")

    assert page.locator("[data-copy]:visible").count() == 0
    assert page.locator(".call code").count() > 20
    context.close()
