"""The served site in a real browser: static files, the admin under the strict policy, the language switch."""

from __future__ import annotations

import httpx
import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect

from tests.fixtures.site import Site


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console says against the pages: errors, and whatever the policy refused."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_an_editor_logs_in_and_adds_a_user_without_a_complaint_of_the_browser(
    site: Site, page: Page, complaints: list[str]
) -> None:
    User.objects.create_superuser("ana", password="a long password")
    page.goto(f"{site.url}/admin/")
    page.get_by_label("Username").fill("ana")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Log in").click()

    page.goto(f"{site.url}/admin/auth/user/add/")
    page.get_by_label("Username").fill("beto")
    page.locator("#id_password1").fill("another long password")
    page.locator("#id_password2").fill("another long password")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.get_by_text("was added successfully")).to_be_visible()
    assert User.objects.filter(username="beto").exists()
    assert complaints == []


def test_static_files_are_served_with_their_type_and_nothing_else_is(site: Site) -> None:
    style = httpx.get(f"{site.url}/static/admin/css/base.css")

    assert style.headers["content-type"].startswith("text/css")
    assert style.headers["x-content-type-options"] == "nosniff"
    for path in ("/static/none.css", "/static/../manage.py", "/static/%2e%2e/manage.py", "/static/a%00b", "/static/"):
        assert httpx.get(f"{site.url}{path}").status_code == 404, path


def test_pages_follow_the_browsers_language(site: Site) -> None:
    answer = httpx.get(f"{site.url}/admin/login/", headers={"Accept-Language": "pt-BR,pt;q=0.9"})

    assert answer.headers["content-language"] == "pt-br"
    assert "Senha" in answer.text
