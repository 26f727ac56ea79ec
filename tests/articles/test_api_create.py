"""POST /api/articles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.client import MULTIPART_CONTENT

from articles.limits import MAX_BODY_CHARS
from articles.models import Article

URL = "/api/articles"
GOOD = {"title": "On lamps", "content": "They *glow*."}
MB = 1 << 20


@pytest.fixture
def writer(author: User, client: Client) -> Client:
    """A client logged in as the writer."""
    client.force_login(author)
    return client


def send(client: Client, body: Any, **extra: Any) -> Any:
    """Post a body as JSON; text and bytes as they are."""
    content = body if isinstance(body, str | bytes) else json.dumps(body)
    return client.post(URL, content, content_type="application/json", **extra)


def errors(answer: Any) -> list[str]:
    """The names of the fields a 422 refuses."""
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


def test_a_writer_creates_a_draft_that_is_the_writers_own(writer: Client, author: User) -> None:
    answer = send(writer, {**GOOD, "language": "pt-br", "excerpt": "Luz."})

    article = Article.objects.get()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/articles/{article.pk}"
    assert answer.json()["id"] == article.pk
    assert (article.author, article.status, article.language, article.excerpt) == (author, "draft", "pt-br", "Luz.")
    assert writer.get("/api/articles").json()["items"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": None}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \t\u200b"}, "title"),
        ({"title": 5}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": "x" * 256}, "title"),
        ({"title": "a\x00b"}, "title"),
        ({"content": None}, "content"),
        ({"content": "  "}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"content": "x" * (MAX_BODY_CHARS + 1)}, "content"),
        ({"excerpt": "x" * 301}, "excerpt"),
        ({"excerpt": "\x00"}, "excerpt"),
        ({"language": "tlh"}, "language"),
        ({"language": None}, "language"),
        ({"author": 1}, "author"),
        ({"status": "published"}, "status"),
        ({"slug": "mine"}, "slug"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(writer: Client, change: dict[str, Any], field: str) -> None:
    assert errors(send(writer, {**GOOD, **change})) == [field]
    assert not Article.objects.exists()


@pytest.mark.parametrize("missing", ["title", "content"])
def test_a_missing_field_is_named(writer: Client, missing: str) -> None:
    assert errors(send(writer, {name: text for name, text in GOOD.items() if name != missing})) == [missing]


@pytest.mark.parametrize("body", ["null", "[]", "5", '"text"', ""])
def test_a_body_that_is_no_object_is_refused(writer: Client, body: str) -> None:
    assert errors(send(writer, body)) == [""]


@pytest.mark.parametrize(
    "body", ["{", '{"title": NaN}', b'{"title": "\xff"}', '{"title": "\\ud800"}', "[" * 100_000, '{"a": 1}x']
)
def test_a_body_that_is_no_json_is_refused_with_the_place(writer: Client, body: str | bytes) -> None:
    answer = send(writer, body)

    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("The body is not JSON: ")


@pytest.mark.parametrize("size", [5 * MB + 1, 12 * MB])
def test_a_body_past_5_mb_is_too_large(writer: Client, size: int) -> None:
    answer = send(writer, json.dumps({**GOOD, "content": "x" * size}))

    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_no_more_errors_are_listed_than_anybody_reads(writer: Client) -> None:
    assert len(errors(send(writer, {**GOOD, **{f"field{number}": 1 for number in range(1000)}}))) == 20


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", MULTIPART_CONTENT])
def test_another_type_than_json_is_refused(author: User, content_type: str) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)

    answer = client.generic("POST", URL, b"--BoUnDaRyStRiNg--\r\n", content_type=content_type, headers=csrf(client))

    assert answer.status_code == 415
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_who_is_not_logged_in_is_told_so(client: Client, db: None) -> None:
    answer = send(client, GOOD)

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_who_lacks_the_permission_is_told_which(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("reader"))

    answer = send(client, GOOD)

    assert answer.status_code == 403
    assert "articles.add_article" in answer.json()["detail"]
    assert not Article.objects.exists()


def test_a_request_another_site_made_the_browser_send_is_refused(author: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)

    refused = send(client, GOOD)
    assert refused.status_code == 403
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert not Article.objects.exists()
    assert send(client, GOOD, headers=csrf(client)).status_code == 201


def csrf(client: Client) -> dict[str, str]:
    """The header a page of the site sends along."""
    client.get("/")
    return {"X-CSRFToken": client.cookies["csrftoken"].value}
