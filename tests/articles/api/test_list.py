"""GET /api/articles."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, refused

Make = Callable[..., Article]
URL = "/api/articles"


def titles(answer: object) -> list[str]:
    return [item["title"] for item in answer.json()["items"]]  # type: ignore[attr-defined]


def test_the_list_is_two_queries_and_holds_everything_but_texts_and_drafts(
    client: Client, author: User, draft: Make, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    lamps = Category.objects.create(name="Lamps", slug="lamps")
    article = published("On lamps", body="They glow.", excerpt="Short.", category_id=lamps.pk, tags=("oil", "light"))
    published("Another", tags=("light",))
    draft("Hidden")

    with django_assert_num_queries(2):
        answer = client.get(URL)

    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["items"][1] == {
        "id": article.pk,
        "title": "On lamps",
        "slug": "on-lamps",
        "url": "/articles/on-lamps/",
        "excerpt": "Short.",
        "author": "Clarice Lima",
        "author_id": author.pk,
        "language": "en",
        "category": "lamps",
        "tags": ["light", "oil"],
        "origin": "human",
        "words": 2,
        "cover_id": None,
        "status": "published",
        "published_at": "2026-03-01T12:01:00Z",
        "updated_at": "2026-03-01T12:01:00Z",
    }
    assert titles(answer) == ["Another", "On lamps"]
    assert answer.json()["next_cursor"] is None


def test_who_wants_no_tags_costs_one_query(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    article = published("On lamps")

    with django_assert_num_queries(1):
        answer = client.get(URL, {"fields": "title,id"})

    assert answer.json()["items"] == [{"id": article.pk, "title": "On lamps"}]


def test_cursors_lead_through_all_articles_while_new_ones_appear(client: Client, published: Make) -> None:
    expected = [published(f"Number {number}").title for number in range(7)][::-1]

    seen, cursor = [], None
    while True:
        page = client.get(URL, {"limit": 3, **({"cursor": cursor} if cursor else {})})
        seen += titles(page)
        published("Late")
        cursor = page.json()["next_cursor"]
        if cursor is None:
            break

    assert seen == expected


def test_the_list_can_be_narrowed(client: Client, author: User, chief: User, published: Make) -> None:
    lamps = Category.objects.create(name="Lamps", slug="lamps")
    published("English", author=chief, tags=("Light",))
    published("Português", language="pt-br", category_id=lamps.pk)

    assert titles(client.get(URL, {"language": "pt-br"})) == ["Português"]
    assert titles(client.get(URL, {"category": "lamps"})) == ["Português"]
    assert titles(client.get(URL, {"tag": "light"})) == ["English"]
    assert titles(client.get(URL, {"author": author.pk})) == ["Português"]
    assert titles(client.get(URL, {"category": "lamps", "tag": "light"})) == []
    assert titles(client.get(URL, {"category": "none"})) == titles(client.get(URL, {"tag": "none"})) == []
    assert titles(client.get(URL, {"author": 2**63 - 1})) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "1000000000"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"limit": ["1", "2"]}, "limit"),
        ({"language": "tlh"}, "language"),
        ({"status": "lost"}, "status"),
        ({"author": str(2**63)}, "author"),
        ({"author": "me"}, "author"),
        ({"category": "a\x00b"}, "category"),
        ({"tag": "a\x00b"}, "tag"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": ""}, "cursor"),
        ({"cursor": "1-\x00"}, "cursor"),
        ({"fields": ""}, "fields"),
        ({"fields": "id,password"}, "fields"),
        ({"fields": "id;drop"}, "fields"),
        ({"offset": "20"}, "offset"),
        ({"lang": "en"}, "lang"),
    ],
)
def test_a_bad_query_is_refused_by_the_name_of_its_field(
    client: Client, db: None, query: dict[str, object], field: str
) -> None:
    assert refused(client.get(URL, query)) == [field]


def test_a_query_of_more_parameters_than_anybody_needs_is_refused(client: Client, db: None) -> None:
    answer = client.get(URL, {f"p{number}": 1 for number in range(1001)})

    assert refused(answer, 400) == []
    assert len(refused(client.get(URL, {f"p{number}": 1 for number in range(1000)}))) == 20


def test_the_largest_page_is_a_hundred(client: Client, published: Make) -> None:
    published()

    assert client.get(URL, {"limit": "100"}).status_code == 200


def test_a_writer_lists_drafts_of_ones_own_and_who_may_view_articles_everybodys(
    author: User, chief: User, draft: Make, published: Make, program: MakeProgram
) -> None:
    draft("Mine")
    draft("Yours", author=chief)
    published("Public")

    mine = program(author).get(f"{URL}?status=draft")
    assert titles(mine) == ["Mine"]
    assert mine.headers["Cache-Control"] == "private, no-store"
    assert titles(program(author).get(f"{URL}?status=draft&author={chief.pk}")) == []
    assert titles(program(chief).get(f"{URL}?status=draft")) == ["Yours", "Mine"]
    assert titles(program(chief).get(f"{URL}?status=draft&author={author.pk}")) == ["Mine"]
    assert titles(program(chief).get(f"{URL}?status=published")) == ["Public"]


def test_drafts_are_turned_by_cursor_too(chief: User, draft: Make, program: MakeProgram) -> None:
    for number in range(5):
        draft(f"Number {number}")

    first = program(chief).get(f"{URL}?status=draft&limit=3")
    second = program(chief).get(f"{URL}?status=draft&limit=3&cursor={first.json()['next_cursor']}")

    assert titles(first) + titles(second) == [f"Number {number}" for number in (4, 3, 2, 1, 0)]
    assert second.json()["next_cursor"] is None


def test_drafts_are_for_who_is_signed_in_with_the_scope(client: Client, author: User, program: MakeProgram) -> None:
    assert client.get(URL, {"status": "draft"}).status_code == 401
    assert program(author, Scope.WRITE).get(f"{URL}?status=draft").status_code == 403

    author.user_permissions.add(Permission.objects.get(codename="view_article"))
    client.force_login(author)
    assert client.get(URL, {"status": "draft"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_program_gets_the_list_that_is_kept_until_an_article_is_published(
    author: User, program: MakeProgram, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("One", tags=("oil",))
    reader = program(author)
    first = reader.get(URL)

    with django_assert_num_queries(1):  # the token alone
        assert reader.get(URL).json() == first.json()
    published("Two")
    assert titles(reader.get(URL)) == ["Two", "One"]
