"""The lists, as a reader asks for them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category, Image, Tag
from articles.site.lists import PAGE_ARTICLES

Make = Callable[..., Article]


def titles(client: Client, address: str = "/en/") -> list[str]:
    """The titles on a page of the list."""
    return re.findall(r"<h2><a [^>]+>(.*?)</a>", client.get(address).content.decode())


def link(client: Client, address: str, rel: str) -> str:
    """Where a page of the list leads next."""
    found = re.search(rf'<a rel="{rel}"[^>]* href="([^"]+)"', client.get(address).content.decode())
    return address.partition("?")[0] + found[1] if found else ""


@pytest.fixture
def writing(db: None) -> Category:
    """A category."""
    return Category.objects.create(name="Writing", slug="writing", description="Words & those who read them.")


def test_a_list_is_two_queries_and_reads_no_texts(
    client: Client, draft: Make, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("First", body="Only on its own page.", excerpt="Short.")
    published("Second")
    draft("Hidden")

    with django_assert_num_queries(2) as queries:  # the articles, and the categories of the header
        page = client.get("/en/")
    assert not any('"body"' in query["sql"] for query in queries.captured_queries)

    assert titles(client) == ["Second", "First"]
    assert "Short." in page.content.decode()


def test_covers_add_one_query_whatever_their_number(
    client: Client, stored: Callable[..., Image], published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(3):
        published(f"Number {number}", cover_id=stored(size=(330, 220), color=(number, 0, 0)).pk)

    with django_assert_num_queries(3):
        page = client.get("/en/").content.decode()

    assert page.count("<picture>") == 3
    assert page.count('fetchpriority="high"') == 1
    assert page.count('loading="lazy"') == 2


def test_the_root_is_the_list_in_the_readers_language_and_names_its_own_address(
    client: Client, published: Make
) -> None:
    published("English")
    published("Português", language="pt-br")

    assert titles(client, "/") == ["English"]
    answer = client.get("/", headers={"accept-language": "pt-BR"})
    page = answer.content.decode()
    assert "Português</a></h2>" in page
    assert "English</a></h2>" not in page
    assert "1 de março de 2026" in page
    assert "Ir para o conteúdo" in page
    assert '<link rel="canonical" href="http://testserver/pt-br/">' in page
    assert answer.headers["Content-Language"] == "pt-br"
    assert set(answer.headers["Vary"].split(", ")) == {"Accept-Language", "Cookie"}


def test_below_a_language_a_page_is_the_same_for_everybody(client: Client, published: Make) -> None:
    published("Português", language="pt-br")

    answer = client.get("/pt-br/", headers={"accept-language": "en"})

    assert "Português</a></h2>" in answer.content.decode()
    assert answer.headers["Content-Language"] == "pt-br"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.headers["Vary"] == "Cookie"
    assert not answer.cookies


def test_older_and_newer_lead_through_every_article_and_back(client: Client, published: Make) -> None:
    expected = [published(f"Number {number}").title for number in range(2 * PAGE_ARTICLES + 3)][::-1]

    pages, address = [], "/en/"
    while address:
        pages.append(address)
        address = link(client, address, "next")
    seen = [title for page in pages for title in titles(client, page)]
    back = link(client, pages[-1], "prev")

    assert seen == expected
    assert [len(titles(client, page)) for page in pages] == [PAGE_ARTICLES, PAGE_ARTICLES, 3]
    assert titles(client, back) == titles(client, pages[1])
    assert client.get(link(client, back, "prev")).headers["Location"] == "/en/"


def test_the_head_names_the_pages_beside_with_whole_addresses(client: Client, published: Make) -> None:
    for number in range(2 * PAGE_ARTICLES + 1):
        published(f"Number {number}")

    address = link(client, "/en/", "next")
    page = client.get(address).content.decode()

    assert f'<link rel="canonical" href="http://testserver{address}">' in page
    assert re.search(r'<link rel="prev" href="http://testserver/en/\?after=\d+-\d+">', page)
    assert re.search(r'<link rel="next" href="http://testserver/en/\?before=\d+-\d+">', page)
    assert "<title>Earlier articles · Omni Writer</title>" in page


def test_articles_of_one_instant_are_neither_lost_nor_doubled(client: Client, published: Make) -> None:
    expected = {published(f"Number {number}").title for number in range(PAGE_ARTICLES + 5)}
    Article.objects.update(published_at=Article.objects.earliest("id").published_at)

    first, second = titles(client), titles(client, link(client, "/en/", "next"))

    assert len(first) + len(second) == len(expected)
    assert {*first, *second} == expected


def test_a_page_past_the_end_leads_back_and_is_for_no_index(client: Client, published: Make) -> None:
    published()

    page = client.get("/en/?before=0-1").content.decode()

    assert "Nothing is older than this." in page
    assert '<meta name="robots" content="noindex, follow">' in page


@pytest.mark.parametrize("cursor", ["", "x", "1", "1-", "-1", "1-1-1", "9" * 30 + "-1", "1" + "0" * 17 + "-1", "١-١"])
def test_a_cursor_the_site_did_not_give_is_not_found(client: Client, db: None, cursor: str) -> None:
    assert client.get("/en/", {"before": cursor}).status_code == 404
    assert client.get("/en/", {"after": cursor}).status_code == 404


def test_an_empty_site_says_what_to_do(client: Client, editor: Client) -> None:
    assert "No article is published in this language yet." in client.get("/en/").content.decode()
    assert "load_starter" not in client.get("/en/").content.decode()
    assert "load_starter" in editor.get("/en/").content.decode()


def test_a_category_lists_its_articles_and_says_what_it_is_about(
    client: Client, published: Make, writing: Category, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("Inside", category_id=writing.pk)
    published("Outside")

    with django_assert_num_queries(3):
        page = client.get("/en/categories/writing/").content.decode()

    assert titles(client, "/en/categories/writing/") == ["Inside"]
    assert '<meta name="description" content="Words &amp; those who read them.">' in page
    assert '<a href="/en/categories/writing/" aria-current="page">Writing</a>' in page
    assert 'href="/en/categories/writing/feed.atom"' in page
    assert '<link rel="alternate" hreflang="pt-br" href="http://testserver/pt-br/categories/writing/">' in page


def test_the_header_shows_categories_that_have_something_to_read_in_the_language(
    client: Client, draft: Make, published: Make, writing: Category
) -> None:
    empty = Category.objects.create(name="Empty", slug="empty")
    draft("Hidden", category_id=empty.pk)
    published("Inside", category_id=writing.pk)

    assert "/en/categories/writing/" in client.get("/en/").content.decode()
    assert "/en/categories/empty/" not in client.get("/en/").content.decode()
    assert "/pt-br/categories/writing/" not in client.get("/pt-br/").content.decode().partition("<body>")[2]


def test_a_category_without_articles_says_so(client: Client, writing: Category) -> None:
    page = client.get("/pt-br/categories/writing/")

    assert page.status_code == 200
    assert "noindex" in page.content.decode()


def test_a_tag_in_any_script_lists_its_articles(client: Client, published: Make) -> None:
    published("Tagged", tags=("Ação", "日本"))
    published("Plain")
    japanese = Tag.objects.get(name="日本")

    assert titles(client, "/en/tags/acao/") == ["Tagged"]
    assert titles(client, f"/en/tags/{japanese.slug}/") == ["Tagged"]
    assert client.get("/en/tags/none/").status_code == 404


def test_an_author_has_a_page_by_name_once_something_is_published(
    client: Client, author: User, draft: Make, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    draft()
    address = f"/en/authors/{author.pk}-clarice-lima/"
    assert client.get(address).status_code == 404

    published("Out")
    with django_assert_num_queries(3):
        page = client.get(address).content.decode()

    assert titles(client, address) == ["Out"]
    assert ">Clarice Lima</h1>" in page
    assert client.get(f"/en/authors/{author.pk}-x/").headers["Location"] == address


def test_an_author_without_a_name_has_no_page_so_that_no_login_is_given_away(
    client: Client, author: User, published: Make
) -> None:
    published()
    User.objects.filter(pk=author.pk).update(first_name="", last_name="")

    assert client.get(f"/en/authors/{author.pk}-clarice/").status_code == 404
    assert client.get(f"/en/authors/{author.pk}-author/").status_code == 404
    assert client.get(f"/en/authors/{10**30}-author/").status_code == 404


def test_the_most_read_come_first(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    read, unread = published("Read"), published("Unread")
    Article.objects.filter(pk=read.pk).update(popularity=2.0)
    Article.objects.filter(pk=unread.pk).update(popularity=1.0)

    with django_assert_num_queries(2):
        client.get("/en/popular/")

    assert titles(client, "/en/popular/") == ["Read", "Unread"]
    assert titles(client, "/pt-br/popular/") == []


@pytest.mark.parametrize("method", ["post", "put", "delete"])
@pytest.mark.parametrize("address", ["/", "/en/", "/en/popular/", "/en/search/", "/sitemap.xml", "/sw.js"])
def test_pages_are_only_read(client: Client, db: None, address: str, method: str) -> None:
    assert getattr(client, method)(address).status_code == 405


@pytest.mark.parametrize(
    "address", ["/en-us/", "/pt/", "/de/", "/en/categories/none/", "/en/tags/%00/", "/en/authors/x/"]
)
def test_unknown_addresses_are_not_found(client: Client, db: None, address: str) -> None:
    assert client.get(address).status_code == 404
