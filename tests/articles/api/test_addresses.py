"""What every address of the API has in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.api import taxonomy
from articles.models import Article
from tests.articles.api.calls import MakeProgram, refused

Make = Callable[..., Article]
READ = [
    "/api/articles", "/api/articles/popular", "/api/articles/search?q=lamps", "/api/articles/1", "/api/categories",
    "/api/tags", "/api/openapi.json",
]  # fmt: skip


@pytest.mark.parametrize(
    "address", ["/api/articles/x", "/api/articles/-1", "/api/articles/1/", "/api/none", "/api/", "/api", "/api/auth/"]
)
def test_what_is_not_there_is_a_problem_document(client: Client, db: None, address: str) -> None:
    for method in ("get", "post", "delete"):
        assert refused(getattr(client, method)(address), 404) == []


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("PUT", "/api/articles", "GET, HEAD, POST"),
        ("DELETE", "/api/articles", "GET, HEAD, POST"),
        ("TRACE", "/api/articles", "GET, HEAD, POST"),
        ("POST", "/api/articles/1", "GET, HEAD, PATCH"),
        ("GET", "/api/articles/1/publish", "POST"),
        ("HEAD", "/api/auth/login", "POST"),
        ("PUT", "/api/auth/tokens/1", "DELETE"),
        ("BREW", "/api/tags", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_is_refused_with_those_that_are(
    client: Client, db: None, method: str, address: str, allowed: str
) -> None:
    answer = client.generic(method, address)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", READ)
def test_head_answers_as_get_does_without_a_body(client: Client, published: Make, address: str) -> None:
    address = address.replace("/1", f"/{published('On lamps').pk}")

    head, get = client.head(address), client.get(address)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]


@pytest.mark.parametrize("address", READ)
def test_an_answer_that_did_not_change_is_not_sent_again(client: Client, published: Make, address: str) -> None:
    address = address.replace("/1", f"/{published('On lamps').pk}")
    first = client.get(address)
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    assert first.headers["Cache-Control"] == "public, max-age=30, stale-while-revalidate=60"

    for sent in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get(address, headers={"If-None-Match": sent})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        assert again.headers.get("Vary") == first.headers.get("Vary")
    assert client.get(address, headers={"If-None-Match": '"other"'}).status_code == 200


def test_the_tag_of_an_article_changes_with_its_authors_name(client: Client, author: User, published: Make) -> None:
    address = f"/api/articles/{published().pk}"
    before = client.get(address).headers["ETag"]

    User.objects.filter(pk=author.pk).update(last_name="Lispector")

    assert client.get(address).headers["ETag"] != before


def test_a_public_answer_neither_reads_the_session_nor_varies_by_reader(client: Client, published: Make) -> None:
    published()

    answer = client.get("/api/articles", headers={"Accept-Language": "pt-BR"})

    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_errors_are_english_whatever_language_the_reader_prefers(client: Client, author: User) -> None:
    client.force_login(author)

    answer = client.post(
        "/api/articles", {"title": "a\x00b"}, content_type="application/json", headers={"Accept-Language": "pt-BR"}
    )

    assert answer.json()["errors"][0]["message"] == "Contains a character that can't be stored, such as NUL."


def test_an_answer_to_who_sends_a_token_is_for_no_shared_cache(
    author: User, published: Make, program: MakeProgram
) -> None:
    published()

    assert program(author).get("/api/articles").headers["Cache-Control"] == "private, no-cache"


def test_a_failure_of_the_server_is_logged_and_tells_nothing_of_itself(
    db: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(taxonomy, "tag_page", fail)

    answer = Client(raise_request_exception=False).get("/api/tags")

    assert refused(answer, 500) == []
    assert b"swordfish" not in answer.content
    assert "swordfish" in caplog.text


def test_perfmons_addresses_below_api_are_still_its_own(client: Client, db: None) -> None:
    assert client.get("/api/dashboard/data").status_code == 401
    assert "perfmon" in client.get("/api/dashboard/data").headers["WWW-Authenticate"]
    assert client.get("/api/metrics").status_code == 405
