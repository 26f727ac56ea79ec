"""POST /api/articles."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.test.client import MULTIPART_CONTENT

from articles.limits import MAX_BODY_CHARS
from articles.models import Article, Category
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, refused

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


def test_a_writer_creates_a_draft_that_is_the_writers_own(writer: Client, author: User) -> None:
    Category.objects.create(name="Luz", slug="luz")
    answer = send(
        writer,
        {
            **GOOD, "language": "pt-br", "excerpt": "Luz.", "slug": "lampadas", "category": "luz",
            "tags": ["óleo", "Luz"], "seo_title": "Lâmpadas", "seo_description": "Sobre elas.", "origin": "assisted",
        },
    )  # fmt: skip

    article = Article.objects.get()
    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/articles/{article.pk}"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (body["id"], body["version"], body["category"], body["tags"]) == (article.pk, 1, "luz", ["Luz", "óleo"])
    assert (article.author, article.status, article.language, article.excerpt) == (author, "draft", "pt-br", "Luz.")
    assert (article.slug, article.seo_title, article.origin) == ("lampadas", "Lâmpadas", "assisted")
    assert writer.get(URL).json()["items"] == []


def test_the_tag_of_the_answer_is_that_of_the_draft(writer: Client) -> None:
    answer = send(writer, GOOD)

    read = writer.get(f"{answer.headers['Location']}?draft=true")
    assert read.content == answer.content
    assert read.headers["ETag"] == answer.headers["ETag"]


def test_a_title_is_enough(writer: Client) -> None:
    assert send(writer, {"title": "On lamps"}).status_code == 201


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
        ({"content": "a\x00b"}, "content"),
        ({"content": "x" * (MAX_BODY_CHARS + 1)}, "content"),
        ({"excerpt": "x" * 301}, "excerpt"),
        ({"excerpt": "\x00"}, "excerpt"),
        ({"seo_title": "\x00"}, "seo_title"),
        ({"language": "tlh"}, "language"),
        ({"language": None}, "language"),
        ({"slug": "não é"}, "slug"),
        ({"category": "none"}, "category"),
        ({"category": "\x00"}, "category"),
        ({"category": 1}, "category"),
        ({"tags": "light"}, "tags"),
        ({"tags": ["x" * 51]}, "tags.0"),
        ({"tags": ["\x00"]}, "tags"),
        ({"tags": ["!"]}, "tags"),
        ({"tags": ["x"] * 21}, "tags"),
        ({"cover_id": 404}, "cover_id"),
        ({"cover_id": 2**70}, "cover_id"),
        ({"origin": "alien"}, "origin"),
        ({"author": 1}, "author"),
        ({"status": "published"}, "status"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(writer: Client, change: dict[str, Any], field: str) -> None:
    assert refused(send(writer, {**GOOD, **change})) == [field]
    assert not Article.objects.exists()


def test_a_slug_that_is_taken_is_refused(writer: Client) -> None:
    assert send(writer, {**GOOD, "slug": "lamps"}).status_code == 201
    assert refused(send(writer, {**GOOD, "slug": "lamps"})) == ["slug"]


def test_a_missing_title_is_named(writer: Client) -> None:
    assert refused(send(writer, {"content": "They glow."})) == ["title"]


@pytest.mark.parametrize("body", ["null", "[]", "5", '"text"', ""])
def test_a_body_that_is_no_object_is_refused(writer: Client, body: str) -> None:
    assert refused(send(writer, body)) == [""]


@pytest.mark.parametrize(
    "body",
    [
        "{", '{"title": NaN}', b'{"title": "\xff"}', '{"title": "\\ud800"}', "[" * 100_000, '{"a": 1}x',
        '{"title": "a", "title": "b"}', '{"title": "a", "x": {"y": 1, "y": 2}}', '{"title": ' + "9" * 5000 + "}",
    ],
)  # fmt: skip
def test_a_body_that_is_no_json_is_refused_with_the_place(writer: Client, body: str | bytes) -> None:
    answer = send(writer, body)

    assert answer.status_code in (400, 422)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert not Article.objects.exists()


def test_what_an_object_names_twice_is_told(writer: Client) -> None:
    assert "'title' twice" in send(writer, '{"title": "a", "title": "b"}').json()["detail"]


@pytest.mark.parametrize("size", [5 * MB + 1, 12 * MB])
def test_a_body_past_5_mb_is_too_large(writer: Client, size: int) -> None:
    assert refused(send(writer, json.dumps({**GOOD, "content": "x" * size})), 413) == []


def test_the_longest_text_fits_however_it_is_written(writer: Client) -> None:
    assert send(writer, json.dumps({**GOOD, "content": "\U0001f600" * MAX_BODY_CHARS})).status_code == 201


def test_no_more_errors_are_listed_than_anybody_reads(writer: Client) -> None:
    assert len(refused(send(writer, {**GOOD, **{f"field{number}": 1 for number in range(1000)}}))) == 20


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", MULTIPART_CONTENT])
def test_another_type_than_json_is_refused(writer: Client, content_type: str) -> None:
    answer = writer.generic("POST", URL, b"--BoUnDaRyStRiNg--\r\n", content_type=content_type)

    assert refused(answer, 415) == []


def test_a_parameter_is_refused(writer: Client) -> None:
    assert refused(writer.post(f"{URL}?draft=true", GOOD, content_type="application/json")) == ["draft"]


def test_who_is_not_logged_in_is_told_how(client: Client, db: None) -> None:
    answer = send(client, GOOD)

    assert refused(answer, 401) == []
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_who_lacks_the_permission_is_told_which(client: Client, db: None) -> None:
    client.force_login(User.objects.create_user("reader"))

    answer = send(client, GOOD)

    assert answer.status_code == 403
    assert "articles.add_article" in answer.json()["detail"]
    assert not Article.objects.exists()


def test_a_token_needs_the_scope_and_its_account_the_permission(
    author: User, client: Client, program: MakeProgram
) -> None:
    reader = User.objects.create_user("reader")

    assert program(author, Scope.READ, Scope.PUBLISH, Scope.IMAGES).post(URL, GOOD).status_code == 403
    assert program(reader).post(URL, GOOD).status_code == 403
    assert program(author, Scope.WRITE).post(URL, GOOD).status_code == 201


def test_a_request_another_site_made_the_browser_send_is_refused(author: User, program: MakeProgram) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(author)

    assert refused(send(client, GOOD), 403) == []
    assert not Article.objects.exists()
    assert send(client, GOOD, headers=csrf(client)).status_code == 201


def csrf(client: Client) -> dict[str, str]:
    """The header a page with a form sends along."""
    client.logout()
    client.get("/admin/login/")
    token = client.cookies["csrftoken"].value
    client.force_login(User.objects.get(username="clarice"))
    return {"X-CSRFToken": token}
