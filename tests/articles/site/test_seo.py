"""What search engines and social networks read of a page."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from articles.models import Article, Category, Image

Make = Callable[..., Article]


def data(client: Client, address: str) -> dict[str, Any]:
    """A page's structured data, by type."""
    page = client.get(address).content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    graph = json.loads(found[1])
    assert graph["@context"] == "https://schema.org"
    return {item["@type"]: item for item in graph["@graph"]}


def metas(client: Client, address: str) -> dict[str, str]:
    """A page's metas by name or property."""
    page = client.get(address).content.decode()
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page)
    return {name: unescape(content) for name, content in found}


@pytest.fixture
def article(published: Make, image: Image) -> Article:
    """An article with all there is."""
    category = Category.objects.create(name="Light", slug="light")
    return published(
        "On lamps", excerpt="They glow.", category_id=category.pk, tags=("lamps",), cover_id=image.pk,
        seo_title="Lamps, told", seo_description="What lamps do at night.",
    )  # fmt: skip


def test_an_article_is_described_by_what_was_written_for_search_engines(client: Client, article: Article) -> None:
    page = client.get(article.get_absolute_url()).content.decode()
    told = metas(client, article.get_absolute_url())

    assert "<title>Lamps, told · Omni Writer</title>" in page
    assert '<link rel="canonical" href="http://testserver/articles/on-lamps/">' in page
    assert told["description"] == told["og:description"] == "What lamps do at night."
    assert told["og:type"] == "article"
    assert told["og:locale"] == "en_US"
    assert told["og:url"] == "http://testserver/articles/on-lamps/"
    assert told["article:published_time"] == "2026-03-01T12:01:00+00:00"
    assert told["article:tag"] == "lamps"
    assert told["twitter:card"] == "summary_large_image"
    assert told["og:image"].startswith("http://testserver/media/images/")
    assert (told["og:image:width"], told["og:image:height"]) == ("1200", "630")
    card = client.get(told["og:image"])
    assert card.headers["Content-Type"] == "image/jpeg"
    card.close()


def test_without_such_words_it_is_described_by_its_title_and_excerpt(client: Client, published: Make) -> None:
    told = metas(client, published("On lamps", excerpt='They "glow" & warm.').get_absolute_url())

    assert told["og:title"] == "On lamps"
    assert told["description"] == 'They "glow" & warm.'
    assert told["twitter:card"] == "summary"
    assert "og:image" not in told


def test_the_structured_data_tell_the_article_and_the_way_to_it(client: Client, article: Article) -> None:
    told = data(client, article.get_absolute_url())

    assert told["Article"]["headline"] == "On lamps"
    assert told["Article"]["author"]["name"] == "Clarice Lima"
    assert told["Article"]["datePublished"] == told["Article"]["dateModified"] == "2026-03-01T12:01:00+00:00"
    assert told["Article"]["articleSection"] == "Light"
    assert told["Article"]["keywords"] == ["lamps"]
    assert told["Article"]["image"]["width"] == 1200
    assert [step["name"] for step in told["BreadcrumbList"]["itemListElement"]] == ["Articles", "Light", "On lamps"]
    for step in told["BreadcrumbList"]["itemListElement"]:
        assert client.get(step["item"]).status_code == 200


def test_the_list_tells_where_the_site_is_searched(client: Client, db: None) -> None:
    told = data(client, "/pt-br/")["WebSite"]

    assert told["url"] == "http://testserver/pt-br/"
    assert told["potentialAction"]["target"]["urlTemplate"] == (
        "http://testserver/pt-br/search/?q={search_term_string}"
    )


@pytest.mark.parametrize("hostile", ["</script><script>alert(1)</script>", "<!--<script>", '"}]}', "&amp;"])
def test_no_title_ends_the_structured_data(client: Client, published: Make, hostile: str) -> None:
    article = published(f"x {hostile}", excerpt=f"y {hostile}")
    page = client.get(article.get_absolute_url()).content.decode()

    assert data(client, article.get_absolute_url())["Article"]["headline"] == f"x {hostile}"
    assert "<script>alert" not in page
    assert "<!--" not in page


def test_an_author_without_a_name_is_not_named(client: Client, published: Make) -> None:
    article = published()
    type(article.author).objects.update(first_name="", last_name="")

    assert "author" not in data(client, article.get_absolute_url())["Article"]
    assert "clarice" not in client.get(article.get_absolute_url()).content.decode()


def test_addresses_are_those_of_the_host_that_was_asked_and_of_no_other(
    client: Client, article: Article, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["blog.example", "testserver"]

    page = client.get(article.get_absolute_url(), headers={"host": "blog.example"}).content.decode()

    assert '<link rel="canonical" href="http://blog.example/articles/on-lamps/">' in page
    assert client.get("/en/", headers={"host": "evil.example"}).status_code == 400
