"""An article's whole way in a real browser: two people, two accounts, from an empty page to the readers and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from PIL import Image as Picture
from playwright.sync_api import Browser, Page, expect

from articles.models import Article
from articles.tasks.schedule import articles_follow_schedule
from tests.fixtures.site import Site

PASSWORD = "a long password"


@pytest.fixture
def complaints() -> list[str]:
    """What any of the browsers says against the pages: errors, and whatever the policy refused."""
    return []


def listen(page: Page, complaints: list[str]) -> None:
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)


@pytest.fixture
def desk(
    site: Site, browser: Browser, complaints: list[str], tmp_path: Path, settings: Any
) -> Iterator[Callable[[str, str], Page]]:
    """Log somebody in, in a browser of their own, through the studio's own page."""
    settings.MEDIA_ROOT = tmp_path / "media"
    contexts = []

    def log_in(name: str, group: str) -> Page:
        user = User.objects.create_user(name, password=PASSWORD, first_name=name.title())
        user.groups.add(Group.objects.get(name=group))
        context = browser.new_context(locale="en-US", timezone_id="America/Sao_Paulo")
        contexts.append(context)
        page = context.new_page()
        listen(page, complaints)
        page.goto(f"{site.url}/studio/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="My articles")).to_be_visible()
        return page

    yield log_in
    for context in contexts:
        context.close()


def photo() -> bytes:
    data = BytesIO()
    Picture.radial_gradient("L").resize((1200, 800)).convert("RGB").save(data, "JPEG")
    return data.getvalue()


def open_panel(page: Page, name: str) -> None:
    panel = page.locator("details.tool-panel", has=page.locator("summary", has_text=name))
    if panel.get_attribute("open") is None:
        panel.locator("summary").first.click()


def saved(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("[data-save-state]")).to_contain_text("Saved")


def written(writer: Page) -> Article:
    """An article that saved itself and took a picture along."""
    writer.get_by_role("link", name="New article").first.click()
    writer.get_by_label("Title", exact=True).fill("On lamps")
    writer.get_by_label("Text", exact=True).fill("A lamp burns all night.\n\n")
    expect(writer.locator("[data-save-state]")).to_contain_text("Saved", timeout=15_000)
    open_panel(writer, "Images")
    with writer.expect_file_chooser() as chooser:
        writer.get_by_role("button", name="Choose an image").click()
    chooser.value.set_files({"name": "lamp.jpg", "mimeType": "image/jpeg", "buffer": photo()})
    writer.get_by_label("What the image shows").fill("A lamp in a window")
    writer.get_by_role("button", name="Upload and insert").click()
    expect(writer.get_by_label("Text", exact=True)).to_have_value(re.compile(r"!\[A lamp in a window\]"))
    saved(writer)
    article = Article.objects.get()
    assert (article.title, article.status) == ("On lamps", "draft")
    return article


def approve(site: Site, writer: Page, chief: Page) -> None:
    """Submit it, and approve it with a second account."""
    open_panel(writer, "Review and publish")
    writer.get_by_role("button", name="Submit for review").click()
    expect(writer.get_by_text("waits for review")).to_be_visible()
    chief.goto(f"{site.url}/studio/queue/")
    chief.get_by_role("link", name="On lamps").first.click()
    open_panel(chief, "Review and publish")
    chief.get_by_role("button", name="Approve").click()
    expect(chief.get_by_text("is approved")).to_be_visible()


def publish_on_time(site: Site, writer: Page, page: Page, article: Article) -> None:
    """Schedule it in the browser's own time, and see it published on time."""
    moment = (datetime.now(UTC) + timedelta(hours=2)).replace(second=0, microsecond=0)
    writer.reload()
    open_panel(writer, "Review and publish")
    writer.locator("summary", has_text="Schedule").click()
    writer.get_by_label("Publish at").fill((moment - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M"))
    writer.get_by_role("button", name="Schedule").click()
    expect(writer.get_by_text("will be published on schedule")).to_be_visible()
    assert Article.objects.get().publish_at == moment
    assert page.goto(site.url + article.get_absolute_url()).status == 404  # type: ignore[union-attr]
    with time_machine.travel(moment + timedelta(seconds=1)):
        articles_follow_schedule()
    assert page.goto(site.url + article.get_absolute_url()).status == 200  # type: ignore[union-attr]
    expect(page.get_by_text("A lamp burns all night.")).to_be_visible()
    expect(page.get_by_alt_text("A lamp in a window")).to_be_visible()


def change(site: Site, writer: Page, chief: Page, page: Page, article: Article) -> None:
    """Change the live one: readers notice nothing until the change is published."""
    writer.reload()
    text = writer.get_by_label("Text", exact=True)
    text.fill(text.input_value().replace("all night", "until morning"))
    saved(writer)
    expect(writer.locator("[data-article-state]")).to_contain_text("live version differs")
    page.reload()
    expect(page.get_by_text("A lamp burns all night.")).to_be_visible()
    chief.goto(f"{site.url}/studio/articles/{article.pk}/")
    open_panel(chief, "Review and publish")
    chief.get_by_role("button", name="Publish the changes").click()
    expect(chief.get_by_text("is published")).to_be_visible()
    page.reload()
    expect(page.get_by_text("A lamp burns until morning.")).to_be_visible()


def take_back(site: Site, writer: Page, page: Page, article: Article) -> None:
    """Compare, and restore what was there first: it waits behind what readers see."""
    writer.goto(f"{site.url}/studio/articles/{article.pk}/revisions/")
    writer.locator("tr.revision input[name=from]").last.check()
    writer.get_by_role("button", name="Compare the two").click()
    expect(writer.locator("ins").first).to_be_visible()
    writer.go_back()
    published = writer.locator("tr.revision", has_text="Published").last
    published.locator("summary").click()
    published.get_by_role("link", name="Restore…").click()
    expect(writer.locator("del").first).to_be_visible()
    writer.get_by_role("button", name="Restore").click()
    expect(writer.get_by_label("Text", exact=True)).to_have_value(re.compile("burns all night"))
    page.reload()
    expect(page.get_by_text("A lamp burns until morning.")).to_be_visible()


@pytest.mark.timeout(240)
def test_a_new_editor_brings_an_article_to_the_readers_changes_it_and_takes_the_change_back(
    site: Site, desk: Callable[[str, str], Page], page: Page, complaints: list[str]
) -> None:
    writer, chief = desk("clarice", "Writers"), desk("ana", "Editors")

    article = written(writer)
    approve(site, writer, chief)
    publish_on_time(site, writer, page, article)
    change(site, writer, chief, page, article)
    take_back(site, writer, page, article)

    assert complaints == []


def test_a_wrong_password_again_and_again_locks_the_door_with_a_clear_page(site: Site, page: Page) -> None:
    User.objects.create_user("clarice", password=PASSWORD)
    page.goto(f"{site.url}/studio/login/")
    for _attempt in range(6):
        if not page.get_by_label("Password").is_visible():
            break
        page.get_by_label("User name").fill("clarice")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Log in").click()

    expect(page.get_by_label("Password")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
