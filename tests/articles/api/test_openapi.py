"""The API's document and the page made of it: complete, and its examples work."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from articles.api.openapi import document, operations
from articles.api.reference import example_body, groups, sample_path
from articles.models import Article
from tests.articles.api.calls import MakeProgram

Make = Callable[..., Article]
OPERATIONS = {described["operationId"]: (path, method, described) for path, method, described in operations(document())}


def test_the_document_describes_every_operation_once(client: Client) -> None:
    served = client.get("/api/openapi.json").json()

    assert served["openapi"].startswith("3.")
    assert len(OPERATIONS) == sum(len(methods) for methods in served["paths"].values()) == 29
    limit = next(item for item in OPERATIONS["article_list"][2]["parameters"] if item["name"] == "limit")
    assert (limit["schema"]["minimum"], limit["schema"]["maximum"]) == (1, 100)
    assert served["components"]["schemas"]["ArticleIn"]["additionalProperties"] is False


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_is_for_and_names_its_refusals(name: str) -> None:
    _path, method, described = OPERATIONS[name]

    assert described["summary"]
    assert described["description"]
    assert {"400", "401", "422", "429"} <= set(described["responses"])
    if method == "get":
        assert "304" in described["responses"]
    else:
        assert described.get("security") or name == "login"


@pytest.mark.parametrize(
    "name", [name for name, (path, method, _) in OPERATIONS.items() if method == "get" and "{" not in path]
)
def test_the_sample_of_every_reading_works(author: User, published: Make, program: MakeProgram, name: str) -> None:
    published()
    path, _method, described = OPERATIONS[name]

    assert program(author).get(sample_path(path, described)).status_code == 200


def test_the_example_of_the_login_works(client: Client, author: User) -> None:
    path, _method, described = OPERATIONS["login"]

    answer = client.post(path, example_body(described), content_type="application/json")

    assert answer.status_code == 201


def test_the_examples_of_creating_and_changing_work(author: User, program: MakeProgram) -> None:
    writer = program(author)
    created = writer.post("/api/articles", example_body(OPERATIONS["article_add"][2]))
    address = created.headers["Location"]

    changed = writer.patch(address, example_body(OPERATIONS["article_change"][2]), If_Match=created.headers["ETag"])

    assert (created.status_code, changed.status_code) == (201, 200)
    assert changed.json()["title"] == "On lamps and candles"


def test_the_example_of_generating_works(author: User, program: MakeProgram, settings: Any) -> None:
    settings.LLM_ENDPOINTS = [{"name": "bundled", "base_url": "http://127.0.0.1:9/v1", "model": "small"}]
    path, _method, described = OPERATIONS["generation_start"]

    assert program(author).post(path, example_body(described)).status_code == 202


@pytest.mark.parametrize("step", ["return", "approve", "schedule"])
def test_the_examples_of_the_steps_work(
    author: User, chief: User, draft: Make, program: MakeProgram, step: str
) -> None:
    article = draft()
    program(author).post(f"/api/articles/{article.pk}/submit")

    answer = program(chief).post(f"/api/articles/{article.pk}/{step}", example_body(OPERATIONS[f"article_{step}"][2]))

    assert answer.status_code == 200


def test_the_reference_shows_every_operation_with_a_call_to_copy(client: Client, db: None) -> None:
    answer = client.get("/api/docs")
    page = unescape(answer.content.decode())

    assert answer.status_code == 200
    for name, (path, _method, described) in OPERATIONS.items():
        assert f'id="{name}"' in page
        assert path in page
        assert described["summary"] in page
    shown = [operation for group in groups("http://testserver") for operation in group.operations]
    assert all(operation.call.startswith("curl ") for operation in shown)
    assert "style=" not in page
    assert client.head("/api/docs").status_code == 200
    assert client.post("/api/docs").status_code == 405


def test_the_reference_is_there_in_portuguese_too(client: Client, db: None) -> None:
    assert client.get("/api/docs", headers={"Accept-Language": "pt-BR"}).status_code == 200


def test_copying_a_call_takes_what_a_shell_takes() -> None:
    calls = {operation.id: operation.call for group in groups("http://h") for operation in group.operations}

    assert calls["articles_search"] == "curl 'http://h/api/articles/search?q=percentile'"
    assert calls["article_change"].startswith('curl -X PATCH -H "Authorization: Bearer $TOKEN" -H "If-Match: $ETAG"')
    assert "-F file=@lamp.jpg -F 'alt=A lamp on a desk'" in calls["image_add"]
