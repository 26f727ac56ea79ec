"""Texts that try to run a script come in through every door, and run nowhere, in a real browser with the policy on."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, expect

from articles.models import Article
from articles.rendering import render_markdown
from articles.services.publishing import article_publish
from tests.articles.xss_corpus import PAYLOADS
from tests.fixtures.site import Site

WITH_ATTRIBUTES = re.compile(r"<\w+\s")
BACKEND = "django.contrib.auth.backends.ModelBackend"
TELLS = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print"]) window[name] = () => window.ran.push(name);
"""
HOSTILE = """() => [...document.querySelectorAll("a[href], img[src], source[srcset], form[action], iframe, object, embed, base, svg script, meta[http-equiv]")]
  .filter((element) => /^\\s*(javascript|data|vbscript):/i.test(element.getAttribute("href") ?? element.getAttribute("src") ?? element.getAttribute("action") ?? "")
    || ["IFRAME", "OBJECT", "EMBED", "BASE"].includes(element.tagName))
  .map((element) => element.outerHTML)
  .concat([...document.querySelectorAll("*")].filter((element) => [...element.attributes].some(({name}) => name.startsWith("on"))).map((element) => element.outerHTML))"""  # noqa: E501


@pytest.fixture
def root(site: Site, settings: Any, tmp_path: Path) -> User:
    """Somebody who may do everything, so that nothing is refused for want of a right."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return User.objects.create_superuser("root", password="a long password", first_name="<b onclick=alert(1)>Root</b>")


class Watch:
    """What a page did that none of ours does: ran a payload, broke the policy, asked another site for something."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.trouble: list[str] = []
        self._site = site
        context.add_init_script(TELLS)
        self.page = context.new_page()
        self.page.on("dialog", lambda dialog: self.trouble.append(f"dialog {dialog.message}"))
        self.page.on("request", lambda request: self._judge(request.url))
        self.page.on("console", lambda said: self._hear(said.text))

    def visit(self, path: str) -> None:
        self.page.goto(self._site.url + path)
        ran, hostile = self.page.evaluate("window.ran"), self.page.evaluate(HOSTILE)
        self.trouble += [f"{path}: {what}" for what in [*ran, *hostile]]

    def _hear(self, text: str) -> None:
        if "Content Security" in text:
            self.trouble.append(text)

    def _judge(self, url: str) -> None:
        own = (self._site.url, self._site.url.replace("http", "ws", 1), "data:image/", "blob:" + self._site.url)
        if not url.startswith(own):
            self.trouble.append(f"asked for {url}")


def through_the_editor(client: Client, name: str, payload: str) -> None:
    answer = client.post(
        "/studio/new/", {"title": f"{name} {payload[:150]}", "body": payload, "language": "en", "origin": "human"}
    )
    assert answer.status_code == 302, answer.context["form"].errors


def through_the_api(client: Client, name: str, payload: str) -> None:
    fields = {"title": f"{name} {payload[:150]}", "content": payload, "excerpt": payload[:250]}
    answer = client.post("/api/articles", fields, content_type="application/json")
    assert answer.status_code == 201, answer.content


def through_an_import(folder: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for number, payload in enumerate(PAYLOADS):
            archive.writestr(f"en/import-{number}.md", f"---\ntitle: Import {number}\nlanguage: en\n---\n{payload}\n")
    (folder / "hostile.zip").write_bytes(data.getvalue())
    call_command("articles_import", str(folder / "hostile.zip"), as_user="root", verbosity=0)


def shown_alone() -> list[Article]:
    """Return the articles that get a page of their own in the browser.

    All doors store the same, which is rendered the same: so each text of which any element with attributes is left, and
    a thirtieth of the others, which become plain words; the article of all texts together has those too.
    """
    alone = []
    for door in ("Editor", "Import"):
        articles = Article.objects.filter(title__startswith=door).order_by("id")
        marked = [article for article in articles if WITH_ATTRIBUTES.search(render_markdown(article.body))]
        plain = [article for article in articles if article not in marked]
        alone += marked[:: 1 if door == "Editor" else 4] + plain[::30]
    return alone


@pytest.mark.timeout(300)
def test_no_hostile_text_runs_on_any_page_whichever_door_it_came_through(
    root: User, site: Site, browser: Browser, tmp_path: Path
) -> None:
    assert len(PAYLOADS) >= 100
    client = Client()
    client.force_login(root, backend=BACKEND)
    for number, payload in enumerate(PAYLOADS):
        through_the_editor(client, f"Editor {number}", payload)
        through_the_api(client, f"Api {number}", payload)
    through_an_import(tmp_path)
    assert Article.objects.count() == 3 * len(PAYLOADS)
    stored = Article.objects.filter(title__startswith="Api").values_list("body", flat=True)
    assert sorted(stored) == sorted(PAYLOADS)
    together = client.post(
        "/studio/new/", {"title": "Together", "body": "\n\n".join(PAYLOADS), "language": "en", "origin": "human"}
    )
    shown = [*shown_alone(), Article.objects.get(title="Together")]
    last = Article.objects.filter(title__startswith="Api").latest("id")
    for article in [*shown, last]:
        article_publish(article_id=article.pk, actor=root)

    # Without the service worker, which is no door of texts and would ask for each page a second time.
    context = browser.new_context(locale="en-US", service_workers="block")
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": site.url}])
    watch = Watch(context, site)
    for article in shown:
        watch.visit(article.get_absolute_url())
    paths = ["/en/", "/en/search/?q=alert", "/en/feed.atom", "/studio/", f"/studio/articles/{last.pk}/revisions/"]
    paths += [f"/admin/articles/article/{last.pk}/change/", "/admin/articles/article/", last.get_absolute_url()]
    for path in paths:
        watch.visit(path)
    watch.visit(together.headers["Location"])
    watch.page.get_by_role("button", name="Both").click()
    expect(watch.page.locator("[data-preview-body] p").first).to_be_visible()
    watch.trouble += watch.page.evaluate("window.ran") + watch.page.evaluate(HOSTILE)
    context.close()

    assert watch.trouble == []
