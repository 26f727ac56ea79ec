"""The public pages, as a reader asks for them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client, RequestFactory, override_settings
from django.views.defaults import permission_denied, server_error
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from articles.site.views import PAGE_ARTICLES

Make = Callable[..., Article]


def titles(client: Client, address: str = "/") -> list[str]:
    """The titles on a page of the list."""
    return re.findall(r"<h2><a [^>]+>(.*?)</a>", client.get(address).content.decode())


def link(client: Client, address: str, rel: str) -> str:
    """Where a page of the list leads next."""
    found = re.search(rf'rel="{rel}"[^>]* href="([^"]+)"', client.get(address).content.decode())
    return f"/{found[1]}" if found else ""


def test_the_list_shows_published_articles_newest_first_in_one_query_without_their_texts(
    client: Client, draft: Make, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("First", body="Only on its own page.", excerpt="Short.")
    published("Second")
    draft("Hidden")

    with django_assert_num_queries(1) as queries:
        page = client.get("/")
    assert '"body"' not in queries.captured_queries[0]["sql"]

    assert titles(client) == ["Second", "First"]
    assert "Short." in page.content.decode()


def test_the_list_is_in_the_readers_language(client: Client, published: Make) -> None:
    published("English")
    published("Português", language="pt-br")

    assert titles(client) == ["English"]
    page = client.get("/", headers={"accept-language": "pt-BR"})
    assert "Português</a>" in page.content.decode()
    assert "English</a>" not in page.content.decode()
    assert "1 de março de 2026" in page.content.decode()
    assert "Ir para o conteúdo" in page.content.decode()


def test_the_language_switch_is_a_form_that_stays_on_the_page(client: Client, published: Make) -> None:
    published("English")
    answer = client.post("/i18n/setlang/", {"language": "pt-br", "next": "/articles/english/"})

    assert answer.headers["Location"] == "/articles/english/"
    assert '<html lang="pt-br">' in client.get("/articles/english/").content.decode()


def test_older_and_newer_lead_through_every_article_and_back(client: Client, published: Make) -> None:
    expected = [published(f"Number {number}").title for number in range(2 * PAGE_ARTICLES + 3)][::-1]

    pages, address = [], "/"
    while address:
        pages.append(address)
        address = link(client, address, "next")
    seen = [title for page in pages for title in titles(client, page)]
    back = link(client, pages[-1], "prev")

    assert seen == expected
    assert [len(titles(client, page)) for page in pages] == [PAGE_ARTICLES, PAGE_ARTICLES, 3]
    assert titles(client, back) == titles(client, pages[1])
    assert client.get(link(client, back, "prev")).headers["Location"] == "/"


def test_articles_of_one_instant_are_neither_lost_nor_doubled(client: Client, published: Make) -> None:
    expected = {published(f"Number {number}").title for number in range(PAGE_ARTICLES + 5)}
    Article.objects.update(published_at=Article.objects.earliest("id").published_at)

    first, second = titles(client), titles(client, link(client, "/", "next"))

    assert len(first) + len(second) == len(expected)
    assert {*first, *second} == expected


def test_a_page_past_the_end_leads_back(client: Client, published: Make) -> None:
    published()

    page = client.get("/?before=0-1").content.decode()

    assert "Nothing is older than this." in page


@pytest.mark.parametrize("cursor", ["", "x", "1", "1-", "-1", "1-1-1", "9" * 30 + "-1", "1" + "0" * 17 + "-1", "١-١"])
def test_a_cursor_the_site_did_not_give_is_not_found(client: Client, db: None, cursor: str) -> None:
    assert client.get("/", {"before": cursor}).status_code == 404
    assert client.get("/", {"after": cursor}).status_code == 404


def test_an_empty_site_says_what_to_do(client: Client, editor: Client) -> None:
    assert "No article is published in this language yet." in client.get("/").content.decode()
    assert "load_starter" not in client.get("/").content.decode()
    assert "load_starter" in editor.get("/").content.decode()


def test_an_article_is_one_query_and_shows_its_text_author_and_date(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    published("On lamps", body="They *glow*.")

    with django_assert_num_queries(1):
        page = client.get("/articles/on-lamps/").content.decode()

    assert "<em>glow</em>" in page
    assert "Clarice Lima" in page
    assert '<time datetime="2026-03-01T12:01:00+00:00">March 1, 2026</time>' in page
    assert "clarice" not in page


def test_hostile_titles_excerpts_and_texts_reach_the_reader_as_text(client: Client, published: Make) -> None:
    hostile = "<script>alert('x')</script>"
    article = published(hostile, body=hostile, excerpt=f'"{hostile}')

    for address in ("/", article.get_absolute_url()):
        page = client.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page


def test_a_draft_is_not_found_for_readers_and_marked_for_those_who_may_view_it(
    client: Client, author: User, draft: Make
) -> None:
    address = draft().get_absolute_url()
    assert client.get(address).status_code == 404
    client.force_login(author)
    assert client.get(address).status_code == 404

    author.user_permissions.add(Permission.objects.get(codename="view_article"))
    page = client.get(address)

    assert page.status_code == 200
    assert "Readers can't see this article." in page.content.decode()
    assert page.headers["Cache-Control"] == "private, no-store"


def test_only_staff_see_the_ways_behind_the_scenes(client: Client, editor: Client) -> None:
    assert "/dashboard" not in client.get("/").content.decode()
    page = editor.get("/").content.decode()
    assert 'href="/dashboard"' in page
    assert 'href="/admin/"' in page


def test_an_unknown_address_gets_a_page_with_a_way_on_and_no_query(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        page = client.get("/<nowhere>/")

    assert page.status_code == 404
    assert "There is no page at this address" in page.content.decode()
    assert "/&lt;nowhere&gt;/" in page.content.decode()
    assert client.get("/articles/none/").status_code == 404


def test_failures_and_refusals_have_pages_of_their_own(rf: RequestFactory) -> None:
    assert "Something failed here" in server_error(rf.get("/")).content.decode()
    refused = permission_denied(rf.get("/"), PermissionError())
    assert "This account may not do that" in refused.content.decode()


def test_a_form_without_its_token_is_refused_with_a_way_out() -> None:
    answer = Client(enforce_csrf_checks=True).post("/i18n/setlang/", {"language": "pt-br"})

    assert answer.status_code == 403
    assert "This form could not be checked" in answer.content.decode()


@pytest.mark.parametrize(("cookie", "shown"), [("dark", True), ("light", True), ('"><script>', False), ("auto", False)])
def test_the_chosen_theme_is_in_the_page_from_the_start(client: Client, db: None, cookie: str, shown: bool) -> None:
    client.cookies["perfmon_theme"] = cookie

    assert (f'data-theme="{cookie}"' in client.get("/").content.decode()) == shown


@override_settings(ALLOWED_HOSTS=["testserver"])
@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_are_only_read(client: Client, db: None, method: str) -> None:
    assert getattr(client, method)("/").status_code == 405


def test_no_page_carries_scripts_or_styles_the_policy_refuses(editor: Client, published: Make) -> None:
    for address in ("/", published().get_absolute_url(), "/none/"):
        page = editor.get(address).content.decode()
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page)
