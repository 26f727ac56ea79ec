"""GET /api/articles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article

Make = Callable[..., Article]
URL = "/api/articles"
START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_list_is_one_query_and_holds_everything_but_texts_and_drafts(
    client: Client, draft: Make, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    article = published("On lamps", body="They glow.", excerpt="Short.")
    draft("Hidden")

    with django_assert_num_queries(1):
        answer = client.get(URL)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json() == {
        "items": [
            {
                "id": article.pk,
                "title": "On lamps",
                "slug": "on-lamps",
                "url": "/articles/on-lamps/",
                "excerpt": "Short.",
                "author": "Clarice Lima",
                "language": "en",
                "published_at": "2026-03-01T12:01:00Z",
                "updated_at": "2026-03-01T12:01:00Z",
            }
        ],
        "next_cursor": None,
    }


def test_cursors_lead_through_all_articles_while_new_ones_appear(client: Client, published: Make) -> None:
    expected = [published(f"Number {number}").title for number in range(7)][::-1]

    seen, cursor = [], None
    while True:
        page = client.get(URL, {"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [item["title"] for item in page["items"]]
        published("Late")
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == expected


def test_the_list_can_be_of_one_language(client: Client, published: Make) -> None:
    published("English")
    published("Português", language="pt-br")

    titles = [item["title"] for item in client.get(URL, {"language": "pt-br"}).json()["items"]]

    assert titles == ["Português"]
    assert len(client.get(URL).json()["items"]) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"language": "tlh"}, "language"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "1-\x00"}, "cursor"),
        ({"offset": "20"}, "offset"),
        ({"lang": "en"}, "lang"),
    ],
)
def test_a_bad_query_is_refused_by_the_name_of_its_field(
    client: Client, db: None, query: dict[str, str], field: str
) -> None:
    answer = client.get(URL, query)

    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_query_of_more_parameters_than_anybody_needs_is_refused(client: Client, db: None) -> None:
    answer = client.get(URL, {f"p{number}": 1 for number in range(1001)})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(client.get(URL, {f"p{number}": 1 for number in range(1000)}).json()["errors"]) == 20


def test_the_largest_page_is_a_hundred(client: Client, published: Make) -> None:
    published()

    assert client.get(URL, {"limit": "100"}).status_code == 200


def test_every_page_of_both_lists_is_read_from_its_index_on_postgresql(postgres_alias: str) -> None:
    author = User.objects.using(postgres_alias).create(username="clarice")
    Article.objects.using(postgres_alias).bulk_create(
        Article(
            title="T", slug=f"t-{number}", body="Words. " * 50, author=author, status="published",
            language="en" if number % 20 else "pt-br", published_at=START + timedelta(minutes=number),
        )
        for number in range(3000)
    )  # fmt: skip
    with connections[postgres_alias].cursor() as cursor:
        cursor.execute("ANALYZE articles_article")
    articles = Article.objects.using(postgres_alias).published()
    middle = (START + timedelta(minutes=1500), 1500)

    for page in (articles.newest_first(), articles.older_than(middle).newest_first()):
        whole, one_language = page[:21].explain(), page.filter(language="pt-br")[:21].explain()
        assert "Index Scan using article_public on" in whole
        assert "Index Scan using article_public_by_language on" in one_language
        assert "Sort" not in whole + one_language
