"""Who comes into the studio, and what the others are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, override_settings

from articles.models import Article
from articles.services.articles import article_save

PAGES = ["/studio/", "/studio/queue/", "/studio/calendar/"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_logged_in_is_asked_to_and_comes_back(client: Client, page: str) -> None:
    response = client.get(page)
    assert response.status_code == 302
    assert response["Location"] == f"/studio/login/?next={page}"


@pytest.mark.parametrize("page", PAGES)
def test_an_account_without_rights_is_told_what_to_ask_for(visitor: Client, page: str) -> None:
    response = visitor.get(page)
    assert response.status_code == 403
    assert b"<strong>Writers</strong>" in response.content
    assert b"paulo" in response.content


@pytest.mark.parametrize("page", PAGES)
def test_no_page_of_the_studio_is_kept_by_a_cache(writer: Client, page: str) -> None:
    assert "no-store" in writer.get(page)["Cache-Control"]


def test_the_login_leads_to_my_articles(client: Client, author: User) -> None:
    response = client.post("/studio/login/", {"username": "clarice", "password": "a long password"})
    assert (response.status_code, response["Location"]) == (302, "/studio/")


def test_the_login_leads_back_to_the_page_that_was_asked_for(client: Client, author: User) -> None:
    wanted = {"username": "clarice", "password": "a long password", "next": "/studio/queue/"}
    assert client.post("/studio/login/", wanted)["Location"] == "/studio/queue/"


def test_the_login_leads_to_no_other_site(client: Client, author: User) -> None:
    wanted = {"username": "clarice", "password": "a long password", "next": "https://elsewhere.example/"}
    assert client.post("/studio/login/", wanted)["Location"] == "/studio/"


def test_a_wrong_password_is_answered_beside_the_form(client: Client, author: User) -> None:
    response = client.post("/studio/login/", {"username": "clarice", "password": "wrong"})
    assert response.status_code == 200
    assert b"do not go together" in response.content


@override_settings(AXES_FAILURE_LIMIT=3)
def test_after_many_wrong_passwords_the_login_pauses_and_says_for_how_long(client: Client, author: User) -> None:
    for _attempt in range(3):
        response = client.post("/studio/login/", {"username": "clarice", "password": "wrong"})
    assert response.status_code == 429
    assert b"Too many wrong passwords" in response.content
    assert b"15 minutes" in response.content
    right = client.post("/studio/login/", {"username": "clarice", "password": "a long password"})
    assert right.status_code == 429


def test_logging_out_takes_a_button_and_ends_the_session(writer: Client) -> None:
    assert writer.get("/studio/logout/").status_code == 405
    assert writer.post("/studio/logout/")["Location"] == "/studio/login/"
    assert writer.get("/studio/").status_code == 302


def test_a_logged_in_account_does_not_log_in_again(writer: Client) -> None:
    assert writer.get("/studio/login/")["Location"] == "/studio/"


def test_times_are_written_in_the_zone_of_the_browser(writer: Client, published: Callable[..., Article]) -> None:
    published()
    writer.cookies["studio_zone"] = "America/Sao_Paulo"
    page = writer.get("/studio/").content.decode()
    assert 'data-zone="America/Sao Paulo"' in page
    assert '<time datetime="2026-03-01T12:01:00Z" title="2026-03-01 12:01:00 UTC" data-moment>1 Mar' in page


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "x" * 5000, "", "a\\b"])
def test_a_zone_nobody_knows_is_utc(writer: Client, zone: str) -> None:
    writer.cookies["studio_zone"] = zone
    response = writer.get("/studio/")
    assert response.status_code == 200
    assert b'data-zone="UTC"' in response.content


def test_the_frame_links_the_dashboard_and_the_admin_for_staff_only(editor: Client, writer: Client) -> None:
    assert b'href="/dashboard"' in editor.get("/studio/").content
    assert b'href="/dashboard"' not in writer.get("/studio/").content


def test_the_studio_speaks_the_language_that_was_chosen(writer: Client) -> None:
    writer.post("/i18n/setlang/", {"language": "pt-br", "next": "/studio/"})
    assert b'<html lang="pt-br"' in writer.get("/studio/").content


@pytest.mark.parametrize("address", ["", "revisions/", "diff/?from=live&to=now"])
def test_changes_that_wait_behind_a_published_text_are_not_shown_to_every_writer(
    published: Callable[..., Article], author: User, address: str
) -> None:
    article = published("On lamps")
    changes = replace(article.working(), body="A secret.")
    article_save(article_id=article.pk, content=changes, version=article.version, actor=author)
    other = User.objects.create_user("other")
    other.user_permissions.add(Permission.objects.get(codename="add_article"))
    client = Client()
    client.force_login(other)

    assert client.get(article.get_absolute_url()).status_code == 200
    assert client.get(f"/studio/articles/{article.pk}/{address}").status_code == 404
    hints = client.post("/studio/hints/", {"article": article.pk, "title": "x", "body": "x", "language": "en"})
    assert hints.status_code == 404
