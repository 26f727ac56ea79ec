"""GET /api/articles/{id}, and what every address of the API has in common."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article

Make = Callable[..., Article]


def test_an_article_is_one_query_and_comes_with_its_text(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    article = published("On lamps", body="They *glow*.")

    with django_assert_num_queries(1):
        answer = client.get(f"/api/articles/{article.pk}")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["title"], body["content"], body["author"]) == ("On lamps", "They *glow*.", "Clarice Lima")
    assert (body["status"], body["version"], body["language"]) == ("published", 2, "en")
    assert (body["published_at"], body["url"]) == ("2026-03-01T12:01:00Z", "/articles/on-lamps/")


def test_a_draft_is_there_for_those_who_may_view_it_and_for_no_cache(client: Client, author: User, draft: Make) -> None:
    address = f"/api/articles/{draft().pk}"
    assert client.get(address).status_code == 404
    client.force_login(author)
    assert client.get(address).status_code == 404

    author.user_permissions.add(Permission.objects.get(codename="view_article"))
    answer = client.get(address)

    assert answer.json()["status"] == "draft"
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "address",
    [
        "/api/articles/404",
        f"/api/articles/{'9' * 40}",
        "/api/articles/x",
        "/api/articles/1/",
        "/api/none",
        "/api/",
        "/api",
    ],
)
def test_what_is_not_there_is_a_problem_document(client: Client, db: None, address: str) -> None:
    answer = client.get(address)

    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Not Found"


@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [
        ("put", "/api/articles", "GET, HEAD, POST"),
        ("delete", "/api/articles", "GET, HEAD, POST"),
        ("post", "/api/articles/1", "GET, HEAD"),
        ("patch", "/api/articles/1", "GET, HEAD"),
    ],
)
def test_a_method_that_is_not_there_is_refused_with_those_that_are(
    client: Client, db: None, method: str, address: str, allowed: str
) -> None:
    answer = getattr(client, method)(address)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == allowed
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_head_answers_as_get_does_without_a_body(client: Client, published: Make) -> None:
    address = f"/api/articles/{published().pk}"

    assert (client.head(address).status_code, client.head(address).content) == (200, b"")
    assert client.head("/api/articles").status_code == 200


def test_openapi_describes_the_three_operations_and_their_limits(client: Client) -> None:
    document = client.get("/api/openapi.json").json()

    assert document["openapi"].startswith("3.")
    operations = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert operations == {
        ("/api/articles", "get"),
        ("/api/articles", "post"),
        ("/api/articles/{article_id}", "get"),
    }
    limit = document["paths"]["/api/articles"]["get"]["parameters"][0]["schema"]
    assert (limit["minimum"], limit["maximum"]) == (1, 100)
    assert document["components"]["schemas"]["ArticleIn"]["additionalProperties"] is False


def test_perfmons_addresses_below_api_are_still_its_own(client: Client, db: None) -> None:
    assert client.get("/api/dashboard/data").status_code == 401
    assert "perfmon" in client.get("/api/dashboard/data").headers["WWW-Authenticate"]
    assert client.get("/api/metrics").status_code == 405
