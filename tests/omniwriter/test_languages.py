"""Which language a page is in, and what caches are told of it."""

from __future__ import annotations

from django.test import Client


def test_the_address_decides_before_the_browser_and_the_cookie(client: Client, db: None) -> None:
    client.cookies["django_language"] = "en"

    answer = client.get("/pt-br/nowhere/", headers={"accept-language": "en"})

    assert answer.headers["Content-Language"] == "pt-br"
    assert "Vary" not in answer.headers


def test_without_a_language_in_the_address_the_reader_decides_and_caches_are_told(client: Client, db: None) -> None:
    answer = client.get("/admin/login/", headers={"accept-language": "pt-BR,pt;q=0.9"})

    assert answer.headers["Content-Language"] == "pt-br"
    assert "Accept-Language" in answer.headers["Vary"]


def test_one_request_leaves_nothing_of_its_language_to_the_next(client: Client, db: None) -> None:
    client.get("/pt-br/nowhere/")

    assert client.get("/nowhere/").headers["Content-Language"] == "en"


def test_a_view_that_names_its_language_depends_on_no_reader(client: Client, db: None) -> None:
    answer = client.get("/robots.txt", headers={"accept-language": "pt-BR"})

    assert answer.headers["Content-Language"] == "en"
    assert "Vary" not in answer.headers
