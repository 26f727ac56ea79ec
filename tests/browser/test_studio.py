"""The studio's lists, workflow and comparisons in a real browser: by keys, without scripts, in the reader's zone."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import Group, User
from playwright.sync_api import Browser, Page, expect

from articles.content import Content
from articles.enums import Status
from articles.models import Article
from articles.services.articles import article_create, article_save
from articles.services.publishing import article_publish, article_submit
from tests.fixtures.site import Site

WIDTHS = [390, 768, 1440]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PASSWORD = "a long password"


@pytest.fixture
def people(site: Site) -> tuple[User, User]:
    """Clarice, who writes, and Bento, who edits."""
    found = []
    for login, first, last, group in (("clarice", "Clarice", "Lima", "Writers"), ("bento", "Bento", "Reis", "Editors")):
        user = User.objects.create_user(login, password=PASSWORD, first_name=first, last_name=last)
        user.groups.add(Group.objects.get(name=group))
        found.append(user)
    return found[0], found[1]


@pytest.fixture
def changed(people: tuple[User, User]) -> Article:
    """A published article whose changes wait for review."""
    writer, _editor = people
    wide = "W" * 120
    article = article_create(content=Content(title=f"A town {wide}", body="The rain falls."), author=writer)
    article = article_publish(article_id=article.pk, actor=None)
    content = replace(article.working(), body=f"The snow falls.\n\n{wide}")
    article = article_save(article_id=article.pk, content=content, version=article.version, actor=writer)
    return article_submit(article_id=article.pk, actor=writer)


def log_in(page: Page, site: Site, login: str) -> None:
    page.goto(f"{site.url}/studio/login/")
    page.get_by_label("User name").fill(login)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="My articles")).to_be_visible()
    page.wait_for_load_state()


def test_no_page_scrolls_sideways_or_makes_the_browser_complain(site: Site, page: Page, changed: Article) -> None:
    complaints: list[str] = []
    page.on(
        "console", lambda message: complaints.append(message.text) if message.type in ("error", "warning") else None
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    log_in(page, site, "bento")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        for path in (
            "",
            "?of=all",
            "queue/",
            "calendar/",
            f"articles/{changed.pk}/revisions/",
            f"articles/{changed.pk}/diff/",
        ):
            page.goto(f"{site.url}/studio/{path}")
            assert page.evaluate(OVERFLOW) == 0, (path, width)
    assert complaints == []


def test_keys_lead_through_the_studio(site: Site, page: Page, changed: Article) -> None:
    log_in(page, site, "clarice")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/calendar/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/studio/")
    page.keyboard.press("j")
    expect(page.locator("[data-row]").first).to_be_focused()
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("gq")  # in a field, keys are letters
    expect(page.get_by_role("searchbox")).to_have_value("gq")


def test_an_account_menu_closes_by_escape_and_gives_the_focus_back(
    site: Site, page: Page, people: tuple[User, User]
) -> None:
    log_in(page, site, "clarice")
    menu = page.locator(".top summary")
    menu.click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    expect(menu).to_be_focused()


def test_a_text_goes_to_the_readers_without_scripts(site: Site, browser: Browser, changed: Article) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-US")
    page = context.new_page()
    log_in(page, site, "bento")
    page.get_by_role("link", name="Review queue").click()
    page.get_by_role("link", name="Review A town").click()
    expect(page.locator("del")).to_have_text("rain")
    page.get_by_text("Return with a note").first.click()
    page.get_by_label("Note").fill("Why snow?")
    page.get_by_role("button", name="Return with a note").click()
    expect(page.get_by_text("went back to its writer with your note.")).to_be_visible()
    page.get_by_role("button", name="Publish the changes").click()
    expect(page.get_by_text("is published: readers see this text now.")).to_be_visible()
    context.close()
    assert Article.objects.get(pk=changed.pk).body.startswith("The snow falls.")


def test_a_schedule_is_written_and_read_in_the_browsers_zone(
    site: Site, browser: Browser, people: tuple[User, User]
) -> None:
    article = article_create(content=Content(title="A town", body="The rain falls."), author=people[0])
    context = browser.new_context(locale="en-US", timezone_id="Asia/Tokyo")
    page = context.new_page()
    log_in(page, site, "bento")
    page.goto(f"{site.url}/studio/articles/{article.pk}/diff/")
    expect(page.locator("[data-zone-name]")).to_have_text("Asia/Tokyo", use_inner_text=False)
    page.get_by_text("Schedule", exact=True).first.click()
    page.get_by_label("Publish at").fill("2031-03-10T08:30")
    page.get_by_role("button", name="Schedule").click()
    page.goto(f"{site.url}/studio/calendar/?month=2031-03")
    expect(page.locator(".event.goes-out time")).to_have_text("08:30")
    expect(page.locator(".event.goes-out time")).to_have_attribute("title", "2031-03-09 23:30:00 UTC")
    context.close()
    article.refresh_from_db()
    assert article.status == Status.SCHEDULED
    assert article.publish_at is not None
    assert article.publish_at.isoformat() == "2031-03-09T23:30:00+00:00"
