"""The feeds, as a feed reader takes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import feedparser
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, Category
from articles.site.feeds import FEED_ARTICLES

Make = Callable[..., Article]
FORMS = ["atom", "rss"]


def parsed(client: Client, address: str) -> Any:
    """A feed, which must have no fault."""
    answer = client.get(address)
    assert answer.status_code == 200
    feed = feedparser.parse(answer.content, response_headers={"content-type": answer.headers["Content-Type"]})
    assert not feed.bozo, feed.get("bozo_exception")
    return feed


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_has_whole_addresses_dates_ids_and_authors(client: Client, published: Make, form: str) -> None:
    category = Category.objects.create(name="Light & dark", slug="light")
    article = published("On <lamps> & more", excerpt="They glow.", category_id=category.pk)

    feed = parsed(client, f"/en/feed.{form}")

    (entry,) = feed.entries
    assert entry.link == "http://testserver/articles/on-lamps-more/"
    assert entry.id == f"tag:testserver,2026-03-01:article-{article.pk}"
    assert entry.published_parsed[:6] == (2026, 3, 1, 12, 1, 0)
    assert entry.author == "Clarice Lima"
    assert [tag.term for tag in entry.tags] == ["Light & dark"]
    assert entry.summary == "They glow."
    assert feed.feed.title == "Omni Writer"
    assert feed.feed.link == "http://testserver/en/"
    assert any(link.rel == "self" and link.href == f"http://testserver/en/feed.{form}" for link in feed.feed.links)


def test_an_entrys_update_is_when_readers_last_got_another_text(client: Client, published: Make) -> None:
    published()

    (entry,) = parsed(client, "/en/feed.atom").entries

    assert entry.updated_parsed[:6] == (2026, 3, 1, 12, 1, 0)


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_is_of_one_language_and_of_one_category(client: Client, draft: Make, published: Make, form: str) -> None:
    category = Category.objects.create(name="Light", slug="light")
    published("Inside", category_id=category.pk)
    published("Outside")
    published("Dentro", category_id=category.pk, language="pt-br")
    draft("Hidden", category_id=category.pk)

    def titles(address: str) -> list[str]:
        return [entry.title for entry in parsed(client, address).entries]

    assert titles(f"/en/feed.{form}") == ["Outside", "Inside"]
    assert titles(f"/en/categories/light/feed.{form}") == ["Inside"]
    assert titles(f"/pt-br/categories/light/feed.{form}") == ["Dentro"]
    assert client.get(f"/en/categories/none/feed.{form}").status_code == 404
    assert parsed(client, f"/pt-br/feed.{form}").feed.language == "pt-br"


@pytest.mark.parametrize("form", FORMS)
def test_a_feed_is_one_query_without_texts_and_bounded(
    client: Client, published: Make, django_assert_num_queries: DjangoAssertNumQueries, form: str
) -> None:
    for number in range(FEED_ARTICLES + 2):
        published(f"Number {number}")

    with django_assert_num_queries(1) as queries:
        feed = parsed(client, f"/en/feed.{form}")

    assert len(feed.entries) == FEED_ARTICLES
    assert '"body"' not in queries.captured_queries[0]["sql"]


@pytest.mark.parametrize("form", FORMS)
def test_an_empty_site_has_valid_feeds(client: Client, db: None, form: str) -> None:
    assert parsed(client, f"/en/feed.{form}").entries == []


@pytest.mark.parametrize("form", FORMS)
def test_characters_that_xml_has_none_of_do_not_break_a_feed(client: Client, published: Make, form: str) -> None:
    published("Bell\x07 and \x1b]] \ufffe end", excerpt="\x01]]>\x0b")

    (entry,) = parsed(client, f"/en/feed.{form}").entries

    assert entry.title == "Bell and ]]  end"


def test_each_page_names_its_feeds(client: Client, published: Make) -> None:
    published()

    page = client.get("/en/").content.decode()

    assert '<link rel="alternate" type="application/atom+xml" title="Omni Writer" href="/en/feed.atom">' in page
    assert '<link rel="alternate" type="application/rss+xml" title="Omni Writer" href="/en/feed.rss">' in page
