"""GET /api/articles/{id}."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from articles.services.articles import article_save
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, refused

Make = Callable[..., Article]


def change(article: Article, actor: User, **fields: object) -> Article:
    """Save the article with some fields changed."""
    content = replace(article.working(), **fields)
    return article_save(article_id=article.pk, content=content, version=article.version, actor=actor)


def test_an_article_is_two_queries_and_comes_with_its_text(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    article = published("On lamps", body="They *glow*.", tags=("light",), seo_title="Lamps")

    with django_assert_num_queries(2):
        answer = client.get(f"/api/articles/{article.pk}")

    body = answer.json()
    assert answer.status_code == 200
    assert (body["title"], body["content"], body["author"]) == ("On lamps", "They *glow*.", "Clarice Lima")
    assert (body["status"], body["language"], body["tags"], body["seo_title"]) == (
        "published",
        "en",
        ["light"],
        "Lamps",
    )
    assert (body["published_at"], body["url"]) == ("2026-03-01T12:01:00Z", "/articles/on-lamps/")
    assert "version" not in body


def test_only_the_fields_that_were_asked_for_are_answered(client: Client, published: Make) -> None:
    article = published("On lamps")

    assert client.get(f"/api/articles/{article.pk}?fields=content,title").json() == {
        "title": "On lamps",
        "content": "Words.",
    }
    assert refused(client.get(f"/api/articles/{article.pk}?fields=version")) == ["fields"]


def test_a_draft_is_there_for_its_author_and_who_may_view_it_and_for_no_cache(
    client: Client, author: User, chief: User, draft: Make, program: MakeProgram
) -> None:
    address = f"/api/articles/{draft().pk}"
    reader = User.objects.create_user("reader")

    assert client.get(address).status_code == 404
    assert program(reader).get(address).status_code == 404
    assert program(author, Scope.WRITE).get(address).status_code == 404
    for user in (author, chief):
        answer = program(user).get(address)
        assert (answer.json()["status"], answer.json()["version"]) == ("draft", 1)
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert {"Authorization", "Cookie"} <= set(answer.headers["Vary"].split(", "))


def test_changes_behind_a_published_article_are_seen_only_by_who_asks_for_them_and_may(
    client: Client, author: User, chief: User, published: Make, program: MakeProgram
) -> None:
    article = published("On lamps")
    address = f"/api/articles/{article.pk}"
    before = client.get(address)

    change(article, author, title="On candles", tags=("wax",))

    assert client.get(address).content == before.content
    assert client.get(f"{address}?draft=true").status_code == 401
    assert program(User.objects.create_user("reader")).get(f"{address}?draft=true").status_code == 403
    assert program(author, Scope.PUBLISH).get(f"{address}?draft=true").status_code == 403
    changes = program(chief).get(f"{address}?draft=true").json()
    assert (changes["title"], changes["tags"], changes["has_changes"]) == ("On candles", ["wax"], True)
    assert (changes["status"], changes["version"]) == ("published", 3)
    assert set(changes["steps"]) >= {"submit", "publish", "discard"}


@pytest.mark.parametrize("query", ["draft=perhaps", "draft=true&draft=false", "version=2"])
def test_a_bad_query_is_refused(client: Client, published: Make, query: str) -> None:
    assert refused(client.get(f"/api/articles/{published().pk}?{query}")) == [query.partition("=")[0]]


@pytest.mark.parametrize("number", ["404", "0", "9" * 40, "9" * 5000, str(2**63 - 1), str(2**63)])
def test_an_article_that_is_not_there_is_a_problem_document(client: Client, db: None, number: str) -> None:
    answer = client.get(f"/api/articles/{number}")

    assert refused(answer, 404) == []
    assert answer.json()["title"] == "Not Found"
