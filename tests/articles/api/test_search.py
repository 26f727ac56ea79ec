"""GET /api/articles/search, /api/articles/popular, /api/categories and /api/tags."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category
from tests.articles.api.calls import refused

Make = Callable[..., Article]
SEARCH = "/api/articles/search"


def test_words_are_found_whatever_their_accents_with_the_place_where_they_stand(
    client: Client, published: Make, draft: Make, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        published("Lâmpadas", body="Uma lâmpada acesa.", language="pt-br")
        draft("Lâmpada escondida", body="lampada")

    answer = client.get(SEARCH, {"q": "lampada"})

    assert [item["title"] for item in answer.json()["items"]] == ["Lâmpadas"]
    assert "<mark>" in answer.json()["items"][0]["snippet"]
    assert answer.json()["next_offset"] is None


def test_a_search_takes_few_queries_and_only_what_is_asked_for(
    client: Client,
    published: Make,
    django_capture_on_commit_callbacks: Callable[..., object],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        for number in range(5):
            published(f"Lamp {number}", body="A lamp.", tags=("light",))

    with django_assert_num_queries(5):
        answer = client.get(SEARCH, {"q": "lamp", "limit": 3})
    assert answer.json()["next_offset"] == 3
    rest = client.get(SEARCH, {"q": "lamp", "limit": 3, "offset": 3, "fields": "title"}).json()["items"]
    assert [set(item) for item in rest] == [{"title"}, {"title"}]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "q"),
        ({"q": ""}, "q"),
        ({"q": "x" * 201}, "q"),
        ({"q": "a\x00b"}, "q"),
        ({"q": "a", "limit": "0"}, "limit"),
        ({"q": "a", "limit": "51"}, "limit"),
        ({"q": "a", "offset": "-1"}, "offset"),
        ({"q": "a", "offset": "1000000000"}, "offset"),
        ({"q": "a", "language": "tlh"}, "language"),
        ({"q": "a", "page": "2"}, "page"),
    ],
)
def test_a_bad_search_is_refused_by_the_name_of_its_field(
    client: Client, db: None, query: dict[str, str], field: str
) -> None:
    assert refused(client.get(SEARCH, query)) == [field]


@pytest.mark.parametrize("words", ["'", '"', "*", "AND", "NEAR(", "a OR", "-", "()", "\\", "%", "😀", "a:b", "'; --"])
def test_any_words_can_be_searched_for(client: Client, published: Make, words: str) -> None:
    published()

    assert client.get(SEARCH, {"q": words}).status_code == 200


def test_the_most_read_come_first_and_drafts_never(
    client: Client, published: Make, draft: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("Quiet")
    Article.objects.filter(pk=published("Loud").pk).update(popularity=3.0)
    Article.objects.filter(pk=published("Alto", language="pt-br").pk).update(popularity=2.0)
    Article.objects.filter(pk=draft("Hidden").pk).update(popularity=9.0)

    with django_assert_num_queries(3):
        answer = client.get("/api/articles/popular")

    assert [item["title"] for item in answer.json()["items"]] == ["Loud", "Alto", "Quiet"]
    one = client.get("/api/articles/popular", {"limit": 1, "language": "pt-br", "fields": "title"})
    assert one.json() == {"items": [{"title": "Alto"}]}
    assert refused(client.get("/api/articles/popular", {"limit": "0"})) == ["limit"]


def test_categories_are_listed_by_name(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Category.objects.create(name="Lamps", slug="lamps", description="They glow.")
    Category.objects.create(name="Candles", slug="candles")

    with django_assert_num_queries(1):
        answer = client.get("/api/categories")

    assert answer.json()["items"] == [
        {"slug": "candles", "name": "Candles", "description": ""},
        {"slug": "lamps", "name": "Lamps", "description": "They glow."},
    ]
    assert refused(client.get("/api/categories", {"limit": "1"})) == ["limit"]


def test_tags_are_those_of_what_is_public_by_cursor(
    client: Client, published: Make, draft: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published(tags=("Oil", "light", "wax"))
    draft(tags=("secret",))

    with django_assert_num_queries(1):
        first = client.get("/api/tags", {"limit": 2}).json()
    second = client.get("/api/tags", {"limit": 2, "cursor": first["next_cursor"]}).json()

    assert first["items"] == [{"slug": "light", "name": "light"}, {"slug": "oil", "name": "Oil"}]
    assert second == {"items": [{"slug": "wax", "name": "wax"}], "next_cursor": None}
