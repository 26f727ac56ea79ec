"""The editor in real browsers: two people in one article, a network that goes away, and no mouse."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from articles.content import Content
from articles.models import Article, Revision
from articles.services.articles import article_create
from tests.fixtures.site import Site
from tests.waiting import eventually

BODY = "The first paragraph.\n\nThe second paragraph.\n\nThe third paragraph."
#: Chromium says that it is offline before its process for the network knows.
IS_CUT_OFF = "fetch('/health/live', { cache: 'no-store' }).then(() => false, () => true)"


@pytest.fixture
def people(db: None) -> tuple[User, User]:
    """Two who may edit any article."""
    editors = Group.objects.get(name="Editors")
    ana, rui = User.objects.create_user("ana", first_name="Ana"), User.objects.create_user("rui", first_name="Rui")
    editors.user_set.add(ana, rui)
    return ana, rui


@pytest.fixture
def article(people: tuple[User, User]) -> Article:
    """What both of them open."""
    return article_create(content=Content(title="On lamps", body=BODY), author=people[0])


@pytest.fixture
def enter(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page as somebody, in a browser of their own."""
    contexts: list[BrowserContext] = []

    def open_as(user: User, path: str, **options: Any) -> Page:
        client = Client()
        client.force_login(user)
        context = browser.new_context(locale="en-US", **options)
        contexts.append(context)
        name = django_settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
        page = context.new_page()
        page.goto(site.url + path)
        return page

    yield open_as
    for context in contexts:
        context.close()


def address(article: Article) -> str:
    return f"/studio/articles/{article.pk}/"


def text(page: Page) -> Any:
    return page.get_by_label("Text", exact=True)


def state(page: Page) -> Any:
    return page.locator("[data-save-state]")


def change(page: Page, old: str, new: str) -> None:
    text(page).fill(text(page).input_value().replace(old, new))


def test_of_two_who_save_the_second_compares_and_nothing_is_lost(
    article: Article, people: tuple[User, User], enter: Callable[..., Page]
) -> None:
    ana, rui = (enter(person, address(article)) for person in people)
    expect(ana.locator("[data-people]")).to_have_text("Rui is editing too")
    expect(rui.locator("[data-people]")).to_have_text("Ana is editing too")

    change(ana, "second", "second, Ana's,")
    change(ana, "third", "third, also Ana's,")
    ana.keyboard.press("Control+s")
    expect(state(ana)).to_contain_text("Saved")
    expect(rui.locator("[data-others-saved]")).to_contain_text("Ana saved version 2")

    change(rui, "first", "first, Rui's,")
    change(rui, "second", "second, Rui's,")
    rui.keyboard.press("Control+s")
    expect(state(rui)).to_have_text("Not saved: someone else saved")
    assert "Ana's" in Article.objects.get().body
    assert "Rui's" not in Article.objects.get().body

    rui.locator("[data-compare]").click()
    expect(rui.get_by_role("heading", name="Two versions of “On lamps”")).to_be_visible()
    expect(rui.locator("fieldset.place")).to_have_count(1)
    rui.get_by_label("Keep both, mine after the other").check()
    rui.get_by_role("button", name="Save the merged text").click()
    expect(text(rui)).to_have_value(re.compile("Rui's, paragraph"))

    merged = Article.objects.get()
    assert merged.version == 3
    assert merged.body == (
        "The first, Rui's, paragraph.\n\nThe second, Ana's, paragraph.\n\n"
        "The second, Rui's, paragraph.\n\nThe third, also Ana's, paragraph."
    )
    assert set(Revision.objects.values_list("version", flat=True)) == {1, 2, 3}
    expect(ana.locator("[data-others-saved]")).to_contain_text("Rui saved version 3")


def test_what_is_typed_before_the_scripts_run_is_saved(
    article: Article, people: tuple[User, User], enter: Callable[..., Page], site: Site
) -> None:
    page = enter(people[0], "/studio/")
    waiting: list[Route] = []
    page.route("**/editor.js", lambda route: waiting.append(route))  # noqa: PLW0108 - Playwright looks at its signature
    page.goto(site.url + address(article), wait_until="commit")
    text(page).fill("Typed at once.")
    while not waiting:
        page.wait_for_timeout(20)
    waiting.pop().continue_()
    expect(state(page)).to_contain_text("Saved", timeout=15_000)
    assert Article.objects.get().body == "Typed at once."


def test_without_a_network_the_text_waits_in_the_browser_and_is_saved_when_it_is_back(
    article: Article, people: tuple[User, User], enter: Callable[..., Page]
) -> None:
    page = enter(people[0], address(article))
    page.context.set_offline(True)
    eventually(lambda: page.evaluate(IS_CUT_OFF))
    change(page, "third", "last")
    page.keyboard.press("Control+s")
    expect(state(page)).to_have_text("Not saved: offline, trying again")
    page.context.set_offline(False)
    expect(state(page)).to_contain_text("Saved", timeout=15_000)
    assert "The last paragraph." in Article.objects.get().body


def test_a_text_that_was_never_saved_is_offered_again(
    article: Article, people: tuple[User, User], enter: Callable[..., Page]
) -> None:
    page = enter(people[0], address(article))
    page.route("**/save/", lambda route: route.abort())
    change(page, "third", "lost")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("trying again")
    page.on("dialog", lambda dialog: dialog.accept())  # "leave the page?"
    page.unroute("**/save/")
    page.goto(page.url)
    assert "third" in text(page).input_value()
    page.get_by_role("button", name="Put it back").click()
    expect(text(page)).to_have_value(re.compile("The lost paragraph."))
    expect(state(page)).to_contain_text("Saved", timeout=15_000)


def test_an_article_is_written_formatted_looked_at_and_saved_without_a_mouse(
    people: tuple[User, User], enter: Callable[..., Page]
) -> None:
    page = enter(people[0], "/studio/")
    page.keyboard.type("gn")
    expect(page.get_by_label("Title", exact=True)).to_be_focused()
    expect(page.locator("[data-views]")).to_be_visible()  # the scripts are there
    page.keyboard.type("Keys alone")
    page.keyboard.press("Enter")
    expect(text(page)).to_be_focused()
    page.keyboard.type("a word")
    page.keyboard.press("Control+Shift+ArrowLeft")
    page.keyboard.press("Control+b")
    expect(text(page)).to_have_value("a **word**")
    expect(page.locator("[data-preview-body] strong")).to_have_text("word")
    page.keyboard.press("Control+Shift+p")
    expect(page.locator("[data-preview]")).to_be_hidden()
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")
    assert (Article.objects.get().title, Article.objects.get().body) == ("Keys alone", "a **word**")


def test_words_are_counted_while_writing_as_they_are_counted_when_saved(
    article: Article, people: tuple[User, User], enter: Callable[..., Page]
) -> None:
    page = enter(people[0], address(article))
    text(page).fill("## São Paulo\n\n- **one**\n- two\n\n---\n\n![A lamp in a window](/media/images/0/960.jpeg)")
    expect(page.locator("[data-words-count]")).to_have_text("4 words")
    page.keyboard.press("Control+s")
    expect(state(page)).to_contain_text("Saved")
    assert Article.objects.get().words == 4
