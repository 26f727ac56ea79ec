"""The beacon of the article page: which views count, and what it answers to others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import Article
from articles.popularity.readers import reader_digest
from articles.services import views
from articles.tasks import views_write
from tests.articles.conftest import START
from tests.articles.popularity.conftest import FIREFOX, Beacon, seen

Make = Callable[..., Article]


def test_a_view_is_counted_and_written_later(beacon: Beacon, published: Make, counted: str) -> None:
    article = published()
    assert beacon(article) == 204
    assert seen(article) == 0
    views_write()
    assert seen(article) == 1


def test_reading_writes_nothing_to_the_database(
    beacon: Beacon, published: Make, counted: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    article = published()
    for number in range(3):
        with django_assert_num_queries(1) as queries:  # whether it is published
            beacon(article, address=f"192.0.2.{number}")
        assert queries.captured_queries[0]["sql"].startswith("SELECT 1")


def test_writing_touches_nothing_of_the_article_but_the_figures(beacon: Beacon, published: Make, counted: str) -> None:
    article = published()
    before: dict[str, Any] = {**Article.objects.filter(pk=article.pk).values().get()}
    beacon(article)
    views_write()
    after: dict[str, Any] = {**Article.objects.filter(pk=article.pk).values().get()}
    assert {name for name in before if before[name] != after[name]} == {"view_count", "popularity"}


def test_a_reader_is_counted_once_however_often_the_page_is_opened(
    beacon: Beacon, published: Make, counted: str
) -> None:
    one, other = published("One"), published("Other")
    for article in (one, one, other, one):
        assert beacon(article) == 204
    views_write()
    beacon(one)  # what was written is still known
    views_write()
    assert (seen(one), seen(other)) == (1, 1)


def test_readers_are_told_apart_by_address_and_browser(beacon: Beacon, published: Make, counted: str) -> None:
    article = published()
    beacon(article)
    beacon(article, address="192.0.2.2")
    beacon(article, User_Agent=FIREFOX.replace("150", "151"))
    views_write()
    assert seen(article) == 3


def test_after_half_an_hour_a_reader_counts_again(beacon: Beacon, published: Make, in_memory: None) -> None:
    article = published()
    with time_machine.travel(START, tick=False) as clock:
        for minutes, total in ((0, 1), (29, 1), (2, 2), (29, 2)):
            clock.shift(timedelta(minutes=minutes))
            beacon(article)
            views_write()
            assert seen(article) == total


def test_without_a_worker_who_reads_after_a_minute_writes(beacon: Beacon, published: Make, in_memory: None) -> None:
    one, other = published("One"), published("Other")
    beacon(one)
    views._flushed_at -= views.FLUSH_EVERY_S
    beacon(other)
    assert (seen(one), seen(other)) == (1, 1)


def test_a_reader_behind_a_proxy_is_told_by_the_address_it_saw(
    beacon: Beacon, published: Make, in_memory: None, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = 1
    article = published()
    for address in ("198.51.100.1", "198.51.100.2", "invented, 198.51.100.2"):
        beacon(article, X_Forwarded_For=address)
    views_write()
    assert seen(article) == 2


@pytest.mark.parametrize(
    "agent",
    [None, "", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "curl/8.5.0",
     "python-requests/2.32",
     "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0)", "facebookexternalhit/1.1",
     "Mozilla/5.0 (X11) HeadlessChrome/120.0", "Feedly/1.0", "Twitterbot", "Mozilla/5.0 (compatible; GPTBot/1.2)",
     "a" * 500 + " bot/1"],
)  # fmt: skip
def test_a_program_is_not_counted(beacon: Beacon, published: Make, in_memory: None, agent: str | None) -> None:
    article = published()
    assert beacon(article, User_Agent=agent) == 204
    views_write()
    assert seen(article) == 0


@pytest.mark.parametrize(
    "agent",
    [FIREFOX, "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) Chrome/120.0 Mobile Safari/537.36",
     "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/17.0 Safari/605.1.15", "ç" * 600],
)  # fmt: skip
def test_a_browser_is_counted(beacon: Beacon, published: Make, in_memory: None, agent: str) -> None:
    article = published()
    beacon(article, User_Agent=agent)
    views_write()
    assert seen(article) == 1


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Sec_Fetch_Site": "none"}, 403),
        ({"Sec_Fetch_Site": "cross-site", "Origin": "http://testserver"}, 403),
        ({"Sec_Fetch_Site": None}, 403),
        ({"Sec_Fetch_Site": None, "Origin": "null"}, 403),
        ({"Sec_Fetch_Site": None, "Origin": "https://testserver"}, 403),
        ({"Sec_Fetch_Site": None, "Origin": "http://testserver.example"}, 403),
        ({"Sec_Fetch_Site": None, "Origin": "http://testserver"}, 204),
        ({"Sec_Fetch_Site": "same-origin", "Origin": "http://elsewhere.example"}, 204),
    ],
)
def test_only_the_sites_own_pages_send_it(
    beacon: Beacon, published: Make, in_memory: None, headers: dict[str, str | None], status: int
) -> None:
    article = published()
    assert beacon(article, **headers) == status
    views_write()
    assert seen(article) == (status == 204)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_it_is_only_posted(beacon: Beacon, published: Make, in_memory: None, method: str) -> None:
    assert beacon(published(), method=method) == 405


def test_a_refusal_is_a_problem_document_and_nothing_is_kept_by_caches(
    client: Client, published: Make, in_memory: None
) -> None:
    address = f"/api/articles/{published().pk}/view"
    refused = client.get(address)
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    assert refused.headers["Content-Type"] == "application/problem+json"
    answer = client.post(address, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, answer.content, answer.headers["Cache-Control"]) == (204, b"", "no-store")
    assert not answer.cookies


@pytest.mark.parametrize("state", ["draft", "archived", "review", "scheduled"])
def test_what_no_reader_may_see_is_not_counted(beacon: Beacon, draft: Make, in_memory: None, state: str) -> None:
    article = draft()
    fields = {"publish_at": START} if state == "scheduled" else {}
    Article.objects.filter(pk=article.pk).update(status=state, **fields)
    assert beacon(article) == 404
    views_write()
    assert seen(article) == 0


@pytest.mark.parametrize("article_id", [0, 404, 2**63 - 1, 2**63, 10**40])
def test_an_article_there_is_not_is_not_found(beacon: Beacon, db: None, in_memory: None, article_id: int) -> None:
    assert beacon(article_id) == 404


def test_who_reads_is_not_kept_in_any_words(rf: Any) -> None:
    request = rf.post("/", headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.1")
    with time_machine.travel(START, tick=False) as clock:
        digest = reader_digest(request)
        assert len(digest) == 24
        assert set(digest) <= set("0123456789abcdef")
        assert digest == reader_digest(request) != reader_digest(request, 7)
        clock.shift(timedelta(hours=12))  # midnight: it can't be compared any more
        assert reader_digest(request) != digest
