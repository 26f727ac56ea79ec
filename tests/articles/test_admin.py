"""Articles in the admin: fast lists, writes through the services."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article

Make = Callable[..., Article]
LIST = "/admin/articles/article/"


def form(**fields: Any) -> dict[str, Any]:
    """A filled-in form of an article."""
    return {"title": "By hand", "slug": "", "language": "en", "excerpt": "", "body": "Words.", **fields}


def test_the_list_takes_the_same_few_queries_however_many_articles_and_no_texts(
    editor: Client, draft: Make, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        draft(f"Number {number}", body="Nowhere in a list.")

    with django_assert_max_num_queries(5) as queries:  # session, user, count of the page, rows
        page = editor.get(LIST)
    lists = [query["sql"] for query in queries.captured_queries if "articles_article" in query["sql"]]

    assert page.content.decode().count("Number ") >= 12
    assert lists
    assert not any('"body"' in sql for sql in lists)


def test_articles_are_found_by_title_and_by_status(editor: Client, draft: Make, published: Make) -> None:
    draft("Lamps")
    published("Curtains")

    assert "Lamps" in editor.get(LIST, {"q": "lamp"}).content.decode()
    assert "Curtains" not in editor.get(LIST, {"q": "lamp"}).content.decode()
    assert "Lamps" not in editor.get(LIST, {"status__exact": "published"}).content.decode()


def test_a_new_article_belongs_to_who_writes_it_and_gets_a_free_slug(editor: Client, draft: Make) -> None:
    draft("By hand")

    assert editor.post(f"{LIST}add/", form()).status_code == 302

    article = Article.objects.get(slug="by-hand-2")
    assert (article.author.username, article.status, article.excerpt) == ("ana", "draft", "Words.")


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("slug", "taken", "Article with this Slug already exists."),
        ("title", "\u200b", "This field cannot be blank."),
        ("body", "", "This field is required."),
        ("title", "x" * 256, "at most 255 characters"),
    ],
)
def test_a_form_that_is_not_valid_says_why_and_stores_nothing(
    editor: Client, draft: Make, field: str, value: str, says: str
) -> None:
    draft("Taken")

    page = editor.post(f"{LIST}add/", form(**{field: value}))

    assert says in page.content.decode()
    assert Article.objects.count() == 1


def test_a_change_is_the_articles_next_version(editor: Client, draft: Make) -> None:
    article = draft("Old")

    answer = editor.post(f"{LIST}{article.pk}/change/", form(title="New", slug="new", status="archived"))

    article.refresh_from_db()
    assert answer.status_code == 302
    assert (article.title, article.slug, article.version, article.status) == ("New", "new", 2, "draft")


def test_the_action_publishes_drafts_and_names_what_it_leaves(editor: Client, draft: Make) -> None:
    chosen = [draft("One"), draft("Two"), draft("Three")]
    Article.objects.filter(title="Two").update(status="archived")

    page = editor.post(
        LIST, {"action": "publish", "_selected_action": [article.pk for article in chosen]}, follow=True
    ).content.decode()

    assert list(Article.objects.order_by("id").values_list("status", flat=True)) == [
        "published",
        "archived",
        "published",
    ]
    assert "2 articles are published." in page
    assert "Two: It is “Archived”, and only drafts can be published." in page
