"""The admin's list of articles: few queries, no texts, no full counts; found by words, ids and filters."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.admin.paging import AHEAD_PAGES, LookAhead
from articles.models import Article, Category
from articles.services.articles import article_save

Make = Callable[..., Article]
LIST = "/admin/articles/article/"
PER_PAGE = LookAhead.list_per_page
QUERIES = 4  # user, categories of the filter, count as far as ten pages ahead, rows


@pytest.fixture
def many(author: User) -> list[Article]:
    """More articles than the list counts."""
    return Article.objects.bulk_create(
        Article(title=f"Number {number}", slug=f"number-{number}", body="Nowhere in a list.", author=author)
        for number in range(PER_PAGE * (AHEAD_PAGES + 2))
    )


@pytest.mark.parametrize("query", ["", "?p=2", "?status__exact=draft", "?q=number", "?q=number&language__exact=en"])
def test_the_list_takes_the_same_few_queries_and_no_texts(
    editor: Client, many: list[Article], query: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    editor.get(LIST)  # what is asked once a process

    with django_assert_num_queries(QUERIES) as queries:
        page = editor.get(LIST + query)

    assert page.content.decode().count("Number ") >= 50
    assert not any('"body"' in query["sql"] for query in queries.captured_queries)
    assert all("LIMIT" in query["sql"] for query in queries.captured_queries if "COUNT" in query["sql"])


def test_a_list_longer_than_it_was_counted_says_so_and_can_be_paged_to_its_end(
    editor: Client, many: list[Article]
) -> None:
    first, last = editor.get(LIST).content.decode(), editor.get(LIST, {"p": AHEAD_PAGES + 2}).content.decode()

    assert f"more than {PER_PAGE * (AHEAD_PAGES + 1)} articles" in first
    assert "Select all articles of this list" in first
    assert f"{PER_PAGE * (AHEAD_PAGES + 2)} articles" in last
    assert "more than" not in last


@pytest.mark.parametrize("page", ["0", "-1", "99999999999", "one", "3000"])
def test_a_page_that_is_not_there_is_no_error(editor: Client, draft: Make, page: str) -> None:
    draft()

    assert editor.get(LIST, {"p": page}, follow=True).status_code == 200


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lamp", ["Ação das lampadas", "On lamps"]),
        ("LAMPS on", ["On lamps"]),
        ("acao", ["Ação das lampadas"]),
        ("ação", ["Ação das lampadas"]),
        ("100%", []),
        ("on", []),
        ("%%%", []),
        ("'; --", []),
        ("9" * 40, []),
    ],
)
def test_articles_are_found_by_words_inside_titles_and_slugs(
    editor: Client, draft: Make, words: str, found: list[str]
) -> None:
    draft("On lamps")
    draft("Ação das lampadas")
    draft("Curtains")

    page = editor.get(LIST, {"q": words})

    assert page.status_code == 200
    assert sorted(article.title for article in page.context["cl"].result_list) == found


def test_articles_are_found_by_their_number(editor: Client, draft: Make) -> None:
    draft("One")
    wanted = draft("Two")

    assert [article.pk for article in editor.get(LIST, {"q": str(wanted.pk)}).context["cl"].result_list] == [wanted.pk]


def test_the_list_is_filtered_by_what_articles_have(editor: Client, draft: Make, published: Make) -> None:
    category = Category.objects.create(name="Light", slug="light")
    published("Curtains", category_id=category.pk)
    other = draft("Lamps", language="pt-br", origin="ai", author=User.objects.create_user("rosa"))

    def titles(**parameters: object) -> list[str]:
        return [article.title for article in editor.get(LIST, parameters).context["cl"].result_list]

    assert titles(status__exact="published") == ["Curtains"]
    assert titles(category__id__exact=category.pk) == ["Curtains"]
    assert titles(category__isnull="True") == ["Lamps"]
    assert titles(language__exact="pt-br") == titles(origin__exact="ai") == ["Lamps"]
    assert titles(author__id__exact=other.author_id) == ["Lamps"]
    assert "Rosa" not in editor.get(LIST).content.decode()  # thousands of authors are not listed beside


def test_a_published_article_with_changes_is_marked(editor: Client, published: Make, author: User) -> None:
    article = published()
    assert "Changes not published yet" not in editor.get(LIST).content.decode()

    article_save(
        article_id=article.pk, content=article.content(["new"]), version=article.version,
        actor=User.objects.get(username="ana"),
    )  # fmt: skip

    assert "Changes not published yet" in editor.get(LIST).content.decode()


def test_authors_are_completed_only_for_who_may_see_accounts(author: User) -> None:
    author.is_staff = True
    author.save()
    client = Client()
    client.force_login(author)
    author.user_permissions.add(Permission.objects.get(codename="view_article"))

    assert "author-filter" not in client.get(LIST).content.decode()
    author.user_permissions.add(Permission.objects.get(codename="view_user"))
    assert 'id="author-filter"' in client.get(LIST).content.decode()


def test_the_front_page_leads_to_the_dashboard_and_the_studio(editor: Client) -> None:
    page = editor.get("/admin/").content.decode()

    assert all(f'href="{address}"' in page for address in ("/dashboard", "/studio/", "/studio/jobs/"))
