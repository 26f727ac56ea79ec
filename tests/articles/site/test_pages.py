"""What all public pages share: the frame, and what caches and browsers may do with it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory
from django.utils import translation
from django.views.defaults import bad_request, permission_denied, server_error
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category
from articles.selectors.sitemap import PAGE_IDS

Make = Callable[..., Article]


@pytest.fixture
def addresses(published: Make) -> list[str]:
    """One page of each kind."""
    category = Category.objects.create(name="Light", slug="light")
    article = published("On lamps", category_id=category.pk, tags=("lamps",))
    lists = ["/", "/en/", "/pt-br/", "/en/categories/light/", "/en/tags/lamps/", "/en/popular/", "/en/offline/"]
    return [
        *lists, f"/en/authors/{article.author_id}-clarice-lima/", article.get_absolute_url(), "/en/feed.atom",
        "/en/feed.rss", "/sitemap.xml", f"/sitemaps/articles-{article.pk // PAGE_IDS}.xml", "/robots.txt",
    ]  # fmt: skip


def test_for_a_reader_without_a_session_no_page_sets_a_cookie(client: Client, addresses: list[str]) -> None:
    for address in [*addresses, "/en/search/?q=lamps", "/nowhere/"]:
        answer = client.get(address)
        assert not answer.cookies, address
        assert "csrf" not in answer.content.decode(), address


def test_any_cache_may_keep_them_and_asks_each_time(client: Client, addresses: list[str]) -> None:
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "public, no-cache", address
        assert answer.headers["CDN-Cache-Control"] == "max-age=10, stale-while-revalidate=60", address


def test_caches_are_told_which_pages_show_who_is_logged_in(client: Client, addresses: list[str]) -> None:
    for address in addresses:
        is_page = client.get(address).headers["Content-Type"].startswith("text/html") and "offline" not in address
        assert ("Cookie" in client.get(address).headers.get("Vary", "")) == is_page, address


def test_what_is_made_for_who_is_logged_in_is_kept_by_no_cache(editor: Client, addresses: list[str]) -> None:
    for address in ("/", "/en/", "/articles/on-lamps/", "/en/tags/lamps/"):
        answer = editor.get(address)
        assert answer.headers["Cache-Control"] == "private, no-store", address
        assert "Cookie" in answer.headers["Vary"], address
    assert editor.get("/en/offline/").headers["Cache-Control"] == "public, no-cache"


def test_the_language_switch_is_links_to_the_same_page_in_the_other_language(
    client: Client, addresses: list[str]
) -> None:
    for address, other in [
        ("/en/", "/pt-br/"), ("/en/categories/light/", "/pt-br/categories/light/"), ("/en/popular/", "/pt-br/popular/"),
        ("/articles/on-lamps/", "/pt-br/"), ("/en/nowhere/", "/pt-br/"), ("/en/search/?q=x", "/pt-br/search/"),
    ]:  # fmt: skip
        page = client.get(address).content.decode()
        assert f'href="{other}" hreflang="pt-br" lang="pt-br"' in page, address
        assert 'method="post"' not in page, address


def test_only_staff_see_the_ways_behind_the_scenes(client: Client, editor: Client, db: None) -> None:
    assert "/dashboard" not in client.get("/en/").content.decode()
    page = editor.get("/en/").content.decode()
    assert 'href="/dashboard"' in page
    assert 'href="/admin/"' in page
    assert 'href="/studio/"' in page


def test_an_unknown_address_gets_a_page_with_a_way_on_and_no_query(
    client: Client, db: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        page = client.get("/<nowhere>/")

    assert page.status_code == 404
    assert "There is no page at this address" in page.content.decode()
    assert "/&lt;nowhere&gt;/" in page.content.decode()
    assert "Não há página neste endereço" in client.get("/pt-br/nowhere/").content.decode()


def test_failures_and_refusals_have_pages_of_their_own(rf: RequestFactory) -> None:
    with translation.override("en"):
        assert "Something failed here" in server_error(rf.get("/")).content.decode()
        refused = permission_denied(rf.get("/"), PermissionError())
        assert "This account may not do that" in refused.content.decode()
        assert "This request could not be understood" in bad_request(rf.get("/"), ValueError()).content.decode()


def test_a_form_without_its_token_is_refused_with_a_way_out() -> None:
    answer = Client(enforce_csrf_checks=True).post("/i18n/setlang/", {"language": "pt-br"})

    assert answer.status_code == 403
    assert "This form could not be checked" in answer.content.decode()


def test_no_page_carries_scripts_or_styles_the_policy_refuses(editor: Client, addresses: list[str]) -> None:
    data = '<script type="application/ld+json">'
    for address in [*addresses, "/none/", "/en/search/?q=lamps"]:
        page = editor.get(address).content.decode().replace(data, "")
        assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=", page), address


def test_headings_go_down_in_steps_of_one(client: Client, addresses: list[str]) -> None:
    for address in addresses:
        page = client.get(address).content.decode()
        levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
        if not levels:
            continue
        assert levels[0] == 1, address
        assert levels.count(1) == 1, address
        assert all(after - before <= 1 for before, after in itertools.pairwise(levels)), address
