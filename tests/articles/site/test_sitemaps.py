"""The sitemap and robots.txt, as a crawler reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category
from articles.selectors.sitemap import PAGE_IDS

Make = Callable[..., Article]
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
XHTML = "{http://www.w3.org/1999/xhtml}"


def locations(client: Client, address: str) -> list[str]:
    """The addresses on a page of the sitemap."""
    answer = client.get(address)
    assert answer.status_code == 200, address
    assert answer.headers["Content-Type"].startswith("application/xml")
    return [found.text or "" for found in ET.fromstring(answer.content).iter(f"{SITEMAP}loc")]


def page_of(article: Article) -> str:
    """The page of the sitemap that an article is on."""
    return f"/sitemaps/articles-{article.pk // PAGE_IDS}.xml"


def path(url: str) -> str:
    """An address without its host."""
    assert url.startswith("http://testserver/")
    return url.removeprefix("http://testserver")


def test_the_index_leads_to_every_public_page_and_each_of_them_answers(
    client: Client, draft: Make, published: Make
) -> None:
    category = Category.objects.create(name="Light", slug="light")
    published("On lamps", category_id=category.pk, tags=("Lâmpadas", "日本"))
    draft("Hidden", tags=("hidden",))

    found = [path(url) for page in locations(client, "/sitemap.xml") for url in locations(client, path(page))]

    assert len(found) == len(set(found))
    assert {"/en/", "/pt-br/", "/en/categories/light/", "/articles/on-lamps/", "/en/popular/"} <= {*found}
    assert any(re.fullmatch(r"/pt-br/authors/\d+-clarice-lima/", address) for address in found)
    assert not any("hidden" in address for address in found)
    assert {client.get(address).status_code for address in found} == {200}


def test_an_article_says_when_readers_last_got_another_text(client: Client, published: Make) -> None:
    page = ET.fromstring(client.get(page_of(published())).content)

    assert [found.text for found in page.iter(f"{SITEMAP}lastmod")] == ["2026-03-01T12:01:00+00:00"]


def test_a_list_names_itself_in_each_language(client: Client, db: None) -> None:
    page = ET.fromstring(client.get("/sitemaps/lists-0.xml").content)

    links = page.find(f"{SITEMAP}url").findall(f"{XHTML}link")  # type: ignore[union-attr]

    assert {(link.get("hreflang"), link.get("href")) for link in links} == {
        ("en", "http://testserver/en/"), ("pt-br", "http://testserver/pt-br/"),
    }  # fmt: skip


def test_pages_are_ranges_of_ids_and_empty_ranges_have_none(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first = published("First")
    far = Article(
        pk=first.pk + 7 * PAGE_IDS, title="Far", slug="far", author=first.author, status=first.status,
        published_at=first.published_at, live_updated_at=first.live_updated_at,
    )  # fmt: skip
    far.save(force_insert=True)

    with django_assert_num_queries(3):  # ids of articles, tags and authors
        pages = [path(url) for url in locations(client, "/sitemap.xml")]

    articles = [page for page in pages if "articles" in page]
    assert articles == [page_of(first), page_of(far)]
    with django_assert_num_queries(1):
        assert [path(url) for url in locations(client, articles[1])] == ["/articles/far/"]
    assert [path(url) for url in locations(client, articles[0])] == [first.get_absolute_url()]
    assert client.get(f"/sitemaps/articles-{first.pk // PAGE_IDS + 3}.xml").status_code == 404


@pytest.mark.parametrize("name", ["articles-1", f"articles-{10**30}", "none-0", "articles", "articles--1", "lists-1"])
def test_a_page_there_is_none_of_is_not_found(client: Client, db: None, name: str) -> None:
    assert client.get(f"/sitemaps/{name}.xml").status_code == 404


def test_robots_find_the_sitemap_and_keep_out_of_what_is_not_for_them(client: Client, db: None) -> None:
    answer = client.get("/robots.txt")
    robots = RobotFileParser()
    robots.parse(answer.content.decode().splitlines())

    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert robots.site_maps() == ["http://testserver/sitemap.xml"]
    for open_to_all in ("/", "/en/", "/articles/x/", "/media/images/x", "/en/feed.atom"):
        assert robots.can_fetch("*", open_to_all), open_to_all
    for kept in ("/admin/", "/studio/new/", "/api/articles", "/dashboard", "/en/search/?q=x", "/pt-br/search/"):
        assert not robots.can_fetch("*", kept), kept
