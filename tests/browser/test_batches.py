"""A batch of a hundred prompts in the browser, with the real writer worker: paused, resumed, tried again, cancelled."""

from __future__ import annotations

import re

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import Group, User
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from articles.generation.batch_selectors import batch_progress
from articles.models import Article, GenerationBatch
from tests.fixtures.site import Site
from tests.fixtures.writing import Writing
from tests.waiting import eventually

pytestmark = pytest.mark.timeout(300)
ROWS = 100
BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def writer(transactional_db: None) -> User:
    """Clarice, who writes."""
    user = User.objects.create_user("clarice", password="a long password")
    user.groups.add(Group.objects.get(name="Writers"))
    return user


def log_in(page: Page, site: Site, user: User) -> None:
    """Give the page's browser the account's session."""
    client = Client()
    client.force_login(user, backend=BACKEND)
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])


def started(page: Page, site: Site, rows: int) -> GenerationBatch:
    """Start a batch of so many topics by hand."""
    page.goto(f"{site.url}/studio/batches/new/")
    page.get_by_label("Topics").fill("\n".join(f"Topic {number}" for number in range(1, rows + 1)))
    page.get_by_label("Words each").fill("100")
    page.get_by_role("button", name="See what would be made").click()
    page.get_by_role("button", name=f"Start {rows} articles").click()
    page.wait_for_url(re.compile(r"/studio/batches/\d+/"))
    return GenerationBatch.objects.get()


def step(page: Page, name: str) -> None:
    """Press a button, which is another one when the page was loaded anew at that moment."""
    page.get_by_role("button", name=name, exact=True).click()


def shows(page: Page, batch: GenerationBatch) -> None:
    """Wait until the page shows what the table says."""
    for name in ("queued", "at_work", "succeeded", "failed", "cancelled"):
        true = getattr(batch_progress(batch.pk), name)
        expect(page.locator(f'[data-count="{name}"]')).to_have_text(str(true))


def test_a_hundred_topics_are_paused_resumed_tried_again_and_seen_by_every_viewer(
    site: Site, browser: Browser, page: Page, writer: User, writing: Writing
) -> None:
    writing.provider.fail("refuse", times=3)
    log_in(page, site, writer)
    batch = started(page, site, ROWS)
    other = browser.new_context(locale="en-US").new_page()
    log_in(other, site, writer)
    other.goto(f"{site.url}/studio/batches/{batch.pk}/")

    eventually(lambda: batch_progress(batch.pk).done >= 10, within_s=120)
    step(page, "Pause")
    for viewer in (page, other):
        expect(viewer.locator("#batch-state")).to_have_text("Paused")
    eventually(lambda: batch_progress(batch.pk).at_work == 0)
    assert batch_progress(batch.pk).done < ROWS
    for viewer in (page, other):
        shows(viewer, batch)

    step(page, "Go on")
    expect(other.locator("#batch-state")).to_have_text("Running")
    eventually(lambda: batch_progress(batch.pk).done == ROWS, within_s=240)
    for viewer in (page, other):
        expect(viewer.locator("#batch-state")).to_have_text("Done")
        shows(viewer, batch)
    assert batch_progress(batch.pk).failed == 3

    step(page, "Try failed rows again")
    expect(page.locator("[data-said]")).to_have_text("100 of 100 written")
    shows(page, batch)
    assert Article.objects.count() == batch_progress(batch.pk).succeeded == ROWS
    with page.expect_download() as fetched:
        page.get_by_role("link", name="Drafts as ZIP").click()
    assert fetched.value.suggested_filename.endswith(".zip")
    other.context.close()


def test_a_cancelled_batch_stops_at_once_and_keeps_what_is_written(
    site: Site, page: Page, writer: User, writing: Writing
) -> None:
    writing.provider.answer(None, tokens_per_s=30)
    log_in(page, site, writer)
    batch = started(page, site, ROWS)
    eventually(lambda: batch_progress(batch.pk).at_work > 0)

    step(page, "Cancel")

    expect(page.locator("#batch-state")).to_have_text("Cancelled")
    eventually(lambda: batch_progress(batch.pk).done == ROWS)
    shows(page, batch)
    assert batch_progress(batch.pk).cancelled + batch_progress(batch.pk).succeeded == ROWS
    eventually(lambda: writing.provider.open_connections == 0)
