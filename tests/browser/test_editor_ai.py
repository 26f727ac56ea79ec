"""Editing with a model in a real browser: what is proposed is accepted whole, in part, or not at all, and undone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from articles.content import Content
from articles.enums import GenerationStatus
from articles.models import Article, GenerationJob
from articles.providers.endpoints import endpoints_forget
from articles.services.articles import article_create
from tests.articles.xss_corpus import PAYLOADS
from tests.browser.test_hostile_texts import HOSTILE, TELLS
from tests.fixtures.fake_provider import FakeProvider, all_closed
from tests.fixtures.site import Site
from tests.waiting import eventually

FIRST, SECOND, THIRD = "The first paragraph.", "The rain falls on the town.", "The third paragraph."
BODY = f"{FIRST}\n\n{SECOND}\n\n{THIRD}"
BETTER = "The snow falls on the old town."


@pytest.fixture
def ana(db: None) -> User:
    """Who may edit any article."""
    user = User.objects.create_user("ana", first_name="Ana")
    Group.objects.get(name="Editors").user_set.add(user)
    return user


@pytest.fixture
def article(ana: User) -> Article:
    """What she writes, all by herself so far."""
    return article_create(content=Content(title="On weather", body=BODY), author=ana)


@pytest.fixture
def model(provider: FakeProvider, settings: Any) -> Iterator[FakeProvider]:
    """A connected model that writes English."""
    settings.LLM_ENDPOINTS = [provider.entry(languages=["en"])]
    endpoints_forget()
    provider.answer(BETTER)
    yield provider
    all_closed(provider)


@pytest.fixture
def page(site: Site, browser: Browser, ana: User, article: Article, model: FakeProvider) -> Iterator[Page]:
    """Her browser, in the editor of the article."""
    context: BrowserContext = browser.new_context(locale="en-US")
    context.add_init_script(TELLS)
    client = Client()
    client.force_login(ana)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site.url}])
    page = context.new_page()
    page.goto(f"{site.url}/studio/articles/{article.pk}/")
    yield page
    page.on("dialog", lambda dialog: dialog.accept())
    context.close()
    eventually(lambda: not GenerationJob.objects.filter(finished_at=None).exists())


def text(page: Page) -> Locator:
    return page.get_by_label("Text", exact=True)


def select(page: Page, passage: str) -> None:
    """Select a passage as somebody who writes does; with nothing selected, put the cursor where it begins."""
    places = "(field, [start, end]) => { field.focus(); field.setSelectionRange(start, end); }"
    start = text(page).input_value().index(passage)
    text(page).evaluate(places, [start, start + len(passage)])


def put_cursor(page: Page, passage: str) -> None:
    """Put the cursor where a passage begins."""
    select(page, passage)
    page.keyboard.press("ArrowLeft")


def proposal(page: Page) -> Locator:
    return page.get_by_role("region", name="Proposal")


def ask(page: Page, passage: str = SECOND, wish: str = "Rewrite") -> None:
    """Ask for a passage to be done anew, and wait for what is proposed."""
    select(page, passage)
    page.keyboard.press("Control+j")
    page.get_by_role("button", name=wish, exact=True).click()
    expect(page.locator("[data-proposal-accept]")).to_be_visible()


def saved(page: Page) -> Article:
    """Save, and return what is stored then."""
    with page.expect_response("**/save/"):
        page.keyboard.press("Control+s")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")
    return Article.objects.get()


def test_a_proposal_is_shown_as_what_it_changes_and_accepted_whole_with_one_key(page: Page) -> None:
    ask(page)
    expect(proposal(page).locator("del")).to_have_text(["rain"])
    expect(proposal(page).locator("ins")).to_have_text(["snow", "old "])
    expect(text(page)).to_have_value(BODY)
    page.keyboard.press("Control+Enter")
    expect(text(page)).to_have_value(f"{FIRST}\n\n{BETTER}\n\n{THIRD}")
    expect(proposal(page)).to_be_hidden()
    stored = saved(page)
    assert (stored.body, stored.origin) == (f"{FIRST}\n\n{BETTER}\n\n{THIRD}", "assisted")
    expect(page.locator("#editor-origin")).to_have_value("assisted")
    expect(page.locator("#editor-origin [value=human]")).to_be_disabled()


def test_without_a_selection_the_paragraph_at_the_cursor_is_meant(page: Page, model: FakeProvider) -> None:
    put_cursor(page, "falls")
    page.keyboard.press("Control+j")
    expect(page.locator("[data-ai-passage]")).to_contain_text("paragraph at the cursor: 6 words")
    page.keyboard.press("Enter")  # the first button has the focus
    expect(page.locator("[data-proposal-accept]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(text(page)).to_have_value(f"{FIRST}\n\n{BETTER}\n\n{THIRD}")
    assert GenerationJob.objects.get().parameters["text"] == SECOND
    assert SECOND in model.chats[0].prompt


def test_single_changes_are_left_out(page: Page) -> None:
    ask(page)
    page.get_by_role("button", name="rain snow").click()
    expect(page.locator("[data-proposal-accept]")).to_contain_text("Accept 1 of 2")
    page.keyboard.press("Control+Enter")
    expect(text(page)).to_have_value(f"{FIRST}\n\nThe rain falls on the old town.\n\n{THIRD}")


def test_what_is_rejected_changes_nothing_and_leaves_no_mark(page: Page) -> None:
    ask(page)
    page.keyboard.press("Escape")
    expect(proposal(page)).to_be_hidden()
    expect(text(page)).to_have_value(BODY)
    text(page).press_sequentially("Mine. ")
    stored = saved(page)
    assert stored.origin == "human"
    assert BETTER not in stored.body


def test_what_was_accepted_is_undone_by_the_keyboard_and_by_a_button(page: Page) -> None:
    ask(page)
    page.keyboard.press("Control+Enter")
    expect(text(page)).to_have_value(re.compile("snow"))
    page.keyboard.press("Control+z")
    expect(text(page)).to_have_value(BODY)
    assert saved(page).origin == "human"  # none of the model's words is in what was stored
    ask(page)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="Undo").click()
    expect(text(page)).to_have_value(BODY)


def test_a_passage_that_was_changed_meanwhile_is_not_written_over(page: Page) -> None:
    ask(page)
    put_cursor(page, "falls")
    page.keyboard.type("often ")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert").filter(has_text="You changed the passage")).to_be_visible()
    mine = BODY.replace("rain falls", "rain often falls")
    expect(text(page)).to_have_value(mine)
    page.get_by_role("button", name="Compare with the passage as it is now").click()
    expect(proposal(page).locator("del")).to_have_text(["rain often"])
    page.keyboard.press("Control+Enter")
    expect(text(page)).to_have_value(BODY.replace(SECOND, BETTER))


def test_what_is_typed_elsewhere_meanwhile_stays_and_the_passage_is_found(page: Page) -> None:
    ask(page)
    put_cursor(page, FIRST)
    page.keyboard.type("Before. ")
    put_cursor(page, THIRD)
    page.keyboard.type("After. ")
    page.keyboard.press("Control+Enter")
    expect(text(page)).to_have_value(f"Before. {FIRST}\n\n{BETTER}\n\nAfter. {THIRD}")


def test_a_model_is_stopped_with_one_key_and_its_connection_is_closed(page: Page, model: FakeProvider) -> None:
    model.answer(" ".join(f"word{number}" for number in range(500)), tokens_per_s=20)
    select(page, SECOND)
    page.keyboard.press("Control+j")
    page.get_by_role("button", name="Rewrite", exact=True).click()
    expect(page.locator("[data-proposal-live]")).to_contain_text("word0 word1")
    page.keyboard.press("Escape")
    expect(proposal(page)).to_be_hidden()
    expect(text(page)).to_have_value(BODY)
    eventually(lambda: GenerationJob.objects.get().status == GenerationStatus.CANCELLED)
    all_closed(model)
    assert model.chats[0].closed_by_client


def test_two_quick_clicks_are_one_job(page: Page, model: FakeProvider) -> None:
    select(page, SECOND)
    page.keyboard.press("Control+j")
    page.get_by_role("button", name="Shorten", exact=True).dblclick()
    expect(page.locator("[data-proposal-accept]")).to_be_visible()
    assert GenerationJob.objects.count() == 1
    assert len(model.chats) == 1


def test_alternatives_stand_beside_each_other_and_one_is_taken(page: Page, model: FakeProvider) -> None:
    ask(page)
    model.answer("Snow falls.")
    page.get_by_role("button", name="Another beside it").click()
    expect(proposal(page).locator(".version")).to_have_count(2)
    first, second = GenerationJob.objects.order_by("pk")
    assert second.alternative_to == first
    proposal(page).get_by_role("heading", name="Version 1").click()
    page.keyboard.press("Control+Enter")
    expect(text(page)).to_have_value(BODY.replace(SECOND, BETTER))


def test_trying_again_replaces_what_was_proposed(page: Page, model: FakeProvider) -> None:
    ask(page)
    model.answer("Snow falls.")
    page.get_by_role("button", name="Try again").click()
    expect(proposal(page).locator("ins")).to_have_text(["Snow"])
    expect(proposal(page).locator(".version")).to_have_count(1)


def test_a_failure_is_said_in_words_and_the_text_stays(page: Page, model: FakeProvider) -> None:
    model.fail("status", status=401)
    select(page, SECOND)
    page.keyboard.press("Control+j")
    page.get_by_role("button", name="Fix grammar", exact=True).click()
    expect(page.locator("[data-proposal-said]")).to_contain_text("rejected the key")
    expect(text(page)).to_have_value(BODY)
    page.keyboard.press("Escape")
    expect(proposal(page)).to_be_hidden()


def test_a_language_that_no_model_writes_is_said_in_the_panel(page: Page) -> None:
    page.locator("#editor-language").evaluate("(field) => { field.value = 'pt-br'; }")
    page.keyboard.press("Control+j")
    expect(page.locator("[data-ai-hindrance]")).to_contain_text("Português (Brasil)")
    expect(page.get_by_role("button", name="Rewrite", exact=True)).to_be_disabled()
    assert not GenerationJob.objects.exists()


def test_a_suggestion_is_taken_by_a_click_and_given_back(page: Page, model: FakeProvider) -> None:
    model.answer(lambda _request: json.dumps({"title": ["Rain and snow", "Weather in town"]}))
    title = page.get_by_label("Title", exact=True)
    page.get_by_role("button", name="Suggest a title").click()
    taken = page.get_by_role("button", name="Rain and snow")
    expect(taken).to_be_visible()
    expect(title).to_have_value("On weather")
    taken.click()
    expect(title).to_have_value("Rain and snow")
    expect(taken).to_have_attribute("aria-pressed", "true")
    taken.click()
    expect(title).to_have_value("On weather")
    assert saved(page).origin == "human"
    taken.click()
    stored = saved(page)
    assert (stored.title, stored.origin) == ("Rain and snow", "assisted")


def test_tags_are_added_one_by_one_to_those_there_are(page: Page, model: FakeProvider) -> None:
    model.answer(lambda _request: json.dumps({"tags": ["weather", "snow", "towns"]}))
    page.locator("[data-panel=settings] summary").click()
    tags = page.get_by_label("Tags", exact=True)
    tags.fill("rain")
    page.get_by_role("button", name="Suggest tags").click()
    page.get_by_role("button", name="snow", exact=True).click()
    page.get_by_role("button", name="weather", exact=True).click()
    expect(tags).to_have_value("rain, snow, weather")
    page.get_by_role("button", name="snow", exact=True).click()
    expect(tags).to_have_value("rain, weather")


@pytest.mark.timeout(300)
def test_nothing_of_a_hostile_proposal_runs_while_it_is_written_shown_or_accepted(
    page: Page, model: FakeProvider
) -> None:
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("console", lambda message: "Content Security" in message.text and said.append(message.text))
    for start in range(0, len(PAYLOADS), 20):
        some = "\n\n".join(payload.replace("\r", "") for payload in PAYLOADS[start : start + 20])
        model.answer(some, tokens_per_s=2000)
        text(page).fill(BODY)
        ask(page)
        page.keyboard.press("Control+Enter")
        expect(text(page)).not_to_have_value(BODY)
        page.wait_for_timeout(500)  # the preview follows
        assert page.evaluate("window.ran") == []
        assert page.evaluate(HOSTILE) == []
    assert said == []
