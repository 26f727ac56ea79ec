"""Logging in by the site's own form: what comes out is really logged in, and what fails says why."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.contrib.auth.models import Permission, User
from django.test import override_settings

from perfmon.exceptions import ScenarioError
from perfmon.loadtest import sessions
from perfmon.loadtest.forms import login_fields
from perfmon.loadtest.sessions import login
from tests.fixtures.site import Site

PASSWORD = "correct-horse-battery"
FORM, CHECK = "/studio/login/", "/api/auth/tokens"


@pytest.fixture
def user(transactional_db: None) -> User:
    made = User.objects.create_user("ana", password=PASSWORD)
    made.user_permissions.add(Permission.objects.get(codename="add_article"))
    return made


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def refusal(host: str, *, name: str = "ana", password: str = PASSWORD, form: str = FORM, check: str = CHECK) -> str:
    with pytest.raises(ScenarioError) as caught:
        login(host, form, name, password, check)
    assert password not in str(caught.value)
    return str(caught.value)


def test_the_session_opens_what_only_its_user_sees(site: Site, user: User) -> None:
    session = login(f"{site.url}/", FORM, "ana", PASSWORD, CHECK)

    assert httpx.get(f"{site.url}{CHECK}").status_code == 401
    assert httpx.get(f"{site.url}{CHECK}", headers=session.headers).status_code == 200


def test_the_session_may_change_something(site: Site, user: User) -> None:
    session = login(site.url, FORM, "ana", PASSWORD, CHECK)
    without = {"Cookie": session.headers["Cookie"]}

    assert httpx.post(f"{site.url}/api/articles", json={"title": "One"}, headers=without).status_code == 403
    assert httpx.post(f"{site.url}/api/articles", json={"title": "One"}, headers=session.headers).status_code == 201


def test_a_session_shows_nothing_of_itself(site: Site, user: User) -> None:
    session = login(site.url, FORM, "ana", PASSWORD, CHECK)

    assert repr(session) == "Session()"


def test_a_wrong_password_is_refused_in_words(site: Site, user: User) -> None:
    assert refusal(site.url, password="wrong-horse-battery") == (
        "The login of ana was refused (200). Does the server use the same database as this command, and is the account "
        "active?"
    )


def test_an_account_that_is_not_active_is_refused(site: Site, user: User) -> None:
    User.objects.update(is_active=False)

    assert "The login of ana was refused (200)." in refusal(site.url)


def test_a_login_that_is_locked_says_until_when(site: Site, user: User) -> None:
    for _ in range(4):
        refusal(site.url, password="wrong-horse-battery")

    said = refusal(site.url, password="wrong-horse-battery")

    assert said.startswith("The login of ana was refused because there were too many before (429).")
    assert "900 s" in said or "899 s" in said


def test_a_session_that_does_not_open_the_page_is_no_login(site: Site, user: User) -> None:
    assert "ana is not logged in after the login: /dashboard answered 403" in refusal(site.url, check="/dashboard")


def test_a_server_that_is_not_there_is_named() -> None:
    assert refusal("http://127.0.0.1:1").startswith("Nobody answers at http://127.0.0.1:1 (")


def test_a_server_that_never_answers_is_not_waited_for(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "TIMEOUT_S", 0.2)

    assert f"{silent}{FORM} did not answer within" in refusal(silent)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "ftp://127.0.0.1", "https:", "http://127.0.0.1:port"])
def test_what_is_no_address_is_told(host: str) -> None:
    assert refusal(host) == f"{host} is no address of a site. One looks like http://127.0.0.1:8000."


def test_a_name_that_the_site_does_not_know_is_told(site: Site, user: User) -> None:
    with override_settings(ALLOWED_HOSTS=["example.org"]):
        assert f"The site does not answer to the name in {site.url} (400)." in refusal(site.url)


def test_a_page_without_a_form_is_told(site: Site, user: User) -> None:
    assert "/en/ answered 200 and has no form that asks for a password." in refusal(site.url, form="/en/")
    assert "/favicon.ico leads to /static/" in refusal(site.url, form="/favicon.ico")


def test_a_check_of_cross_site_requests_that_refuses_is_told(site: Site, user: User, settings: Any) -> None:
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_ACCEPT_ENCODING", "identity")  # a proxy that speaks https, it says

    assert refusal(site.url).startswith(f"The login form of {site.url} refused what was sent (403):")


def test_the_form_with_the_password_is_the_one_whose_hidden_fields_count() -> None:
    page = """
    <form action="/i18n"><input type="hidden" name="next" value="/"></form>
    <form method="post"><input type=hidden name=csrfmiddlewaretoken value="a&amp;b"><input name="username">
      <input type="password" name="password"><input type="hidden" name="next" value=""></form>
    <form><input type="hidden" name="q" value="1"></form>
    """

    assert login_fields(page) == {"csrfmiddlewaretoken": "a&b", "next": ""}
    assert login_fields("<p>No form.</p>") is None
