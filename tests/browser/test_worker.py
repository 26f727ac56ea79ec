"""The service worker in a real browser: what is read stays readable without a network, what is private is not kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Page, expect

from articles.content import Content
from articles.models import Article
from articles.services.articles import article_create, article_save
from articles.services.publishing import article_publish, article_unpublish
from tests.fixtures.site import Site

READY = "async () => { const worker = await navigator.serviceWorker.ready; return worker.active.state; }"
KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  }
  return found;
}"""
CACHES = "async () => (await caches.keys()).sort()"


@pytest.fixture
def starter(site: Site) -> Site:
    """The site with its starter articles."""
    call_command("load_starter", verbosity=0)
    return site


@pytest.fixture
def ready(starter: Site, page: Page) -> Iterator[Page]:
    """A page whose worker is in charge."""
    page.goto(f"{starter.url}/en/offline/")
    page.evaluate(READY)
    expect(page.locator("html")).to_be_attached()
    page.reload()
    assert page.evaluate("navigator.serviceWorker.controller !== null")
    yield page
    page.context.set_offline(False)


def log_in(page: Page, site: Site, account: User) -> None:
    """Give the browser the session of an account."""
    client = Client()
    client.force_login(account)
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": site.url}])


def test_what_was_read_is_there_without_a_network_and_the_rest_says_why_not(starter: Site, ready: Page) -> None:
    ready.goto(f"{starter.url}/en/")
    ready.goto(f"{starter.url}/articles/how-alerts-work/")
    ready.context.set_offline(True)

    ready.reload()
    expect(ready.get_by_role("heading", level=1)).to_have_text("How an alert makes up its mind")
    assert ready.evaluate("getComputedStyle(document.querySelector('.prose')).fontSize") == "16px"  # its style is there
    ready.goto(f"{starter.url}/en/")
    expect(ready.get_by_role("link", name="How an alert makes up its mind")).to_be_visible()

    ready.goto(f"{starter.url}/articles/markdown-here/")
    expect(ready.get_by_role("heading", level=1)).to_have_text("You are offline")
    ready.goto(f"{starter.url}/pt-br/popular/")
    expect(ready.locator("html")).to_have_attribute("lang", "pt-br")
    expect(ready.get_by_role("main").get_by_text("Offline", exact=True)).to_be_visible()


def test_a_page_is_asked_for_anew_whenever_there_is_a_network(starter: Site, ready: Page) -> None:
    address = f"{starter.url}/articles/how-alerts-work/"
    ready.goto(address)
    article = Article.objects.get(slug="how-alerts-work")
    content = replace(article.working(), title="Another title")
    chief = User.objects.create_superuser("ana")
    article = article_save(article_id=article.pk, content=content, version=article.version, actor=chief)
    article_publish(article_id=article.pk, actor=None)

    ready.goto(address)

    expect(ready.get_by_role("heading", level=1)).to_have_text("Another title")


def test_a_page_that_was_taken_back_is_forgotten(starter: Site, ready: Page) -> None:
    address = f"{starter.url}/articles/how-alerts-work/"
    ready.goto(address)
    assert "/articles/how-alerts-work/" in ready.evaluate(KEPT)
    article_unpublish(article_id=Article.objects.get(slug="how-alerts-work").pk, actor=None)

    ready.goto(address)
    ready.context.set_offline(True)
    ready.goto(address)

    expect(ready.get_by_role("heading", level=1)).to_have_text("You are offline")


def test_nothing_that_is_made_for_one_reader_is_ever_kept(starter: Site, ready: Page) -> None:
    account = User.objects.create_superuser("ana", password="a long password")
    draft = article_create(content=Content(title="A secret draft", body="Not yet."), author=account)
    log_in(ready, starter, account)

    private = [draft.get_absolute_url(), "/en/", "/articles/how-alerts-work/", "/studio/", "/admin/", "/dashboard"]
    for path in [*private, "/en/search/?q=alert", "/api/articles"]:
        ready.goto(starter.url + path)
    kept = ready.evaluate(KEPT)

    assert not {*private, "/en/search/", "/api/articles"} & {*kept}
    ready.context.clear_cookies()
    ready.goto(f"{starter.url}/articles/how-alerts-work/")
    log_in(ready, starter, account)
    ready.goto(f"{starter.url}/articles/how-alerts-work/")  # what was kept before the log-in goes, too
    assert "/articles/how-alerts-work/" not in ready.evaluate(KEPT)


def test_an_older_version_leaves_its_caches_to_nobody(starter: Site, page: Page) -> None:
    page.goto(f"{starter.url}/robots.txt")
    page.evaluate("async () => { await caches.open('pages-old'); await caches.open('shell-0'); }")
    page.goto(f"{starter.url}/en/")
    page.evaluate(READY)
    page.reload()

    found = page.evaluate(CACHES)

    assert not {"pages-old", "shell-0"} & {*found}
    assert len({name.split("-")[1] for name in found}) == 1


def test_a_missing_file_does_not_keep_the_rest_from_being_there(
    starter: Site, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    from articles.site import worker

    monkeypatch.setattr(worker, "PRECACHED", ("omniwriter/none.css", *worker.PRECACHED))
    page.goto(f"{starter.url}/en/offline/")
    page.evaluate(READY)

    kept = page.evaluate(KEPT)

    assert "/static/omniwriter/site.css" in kept
    assert "/static/omniwriter/none.css" not in kept
