"""My articles: whose, in which order, how many queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from articles.selectors import studio as selectors
from articles.services.articles import article_save
from articles.services.publishing import article_submit
from tests.articles.conftest import START

Make = Callable[..., Article]


def titles(client: Client, address: str = "/studio/") -> list[str]:
    response = client.get(address)
    assert response.status_code == 200
    return [row.title for row in response.context["page"].rows]


def save(article: Article, author: User, **changes: Any) -> Article:
    content = replace(article.working(), **changes)
    return article_save(article_id=article.pk, content=content, version=article.version, actor=author)


def test_a_writer_sees_their_own_articles_last_changed_first(
    writer: Client, author: User, draft: Make, reviewer_account: User
) -> None:
    with time_machine.travel(START, tick=False) as clock:
        first = draft("First")
        clock.shift(timedelta(minutes=1))
        draft("Second")
        draft("Of another", author=reviewer_account)
        clock.shift(timedelta(minutes=1))
        save(first, author, body="More words.")
    assert titles(writer) == ["First", "Second"]


def test_who_may_change_any_article_can_see_all(reviewer: Client, draft: Make) -> None:
    draft("Of Clarice")
    assert titles(reviewer) == []
    assert titles(reviewer, "/studio/?of=all") == ["Of Clarice"]


def test_a_writer_who_asks_for_all_still_sees_their_own(writer: Client, draft: Make, reviewer_account: User) -> None:
    draft("Of another", author=reviewer_account)
    response = writer.get("/studio/?of=all")
    assert response.context["page"].rows == []
    assert b"Everybody" not in response.content


def test_tabs_filter_by_status_and_count(writer: Client, draft: Make, published: Make) -> None:
    draft("A draft")
    published("An article")
    response = writer.get("/studio/?status=published")
    assert [row.title for row in response.context["page"].rows] == ["An article"]
    assert [tab.number for tab in response.context["tabs"]] == ["2", "1", "0", "0", "1", "0"]


def test_words_of_the_title_and_the_language_filter(writer: Client, draft: Make) -> None:
    draft("Night train")
    draft("Night bus", language="pt-br")
    draft("Day tram")
    assert titles(writer, "/studio/?q=night&language=pt-br") == ["Night bus"]
    assert set(titles(writer, "/studio/?q=NIGHT")) == {"Night train", "Night bus"}
    assert titles(writer, "/studio/?q=train+night") == ["Night train"]
    assert titles(writer, "/studio/?q=ay") == ["Day tram"]  # too short for the index


@pytest.mark.parametrize("query", ["q=100%25", "q=a_b", "q=%00", "q=" + "x" * 5000, "q=%22%27%3C"])
def test_a_filter_takes_any_text(writer: Client, draft: Make, query: str) -> None:
    draft("Nothing of the kind")
    assert writer.get(f"/studio/?{query}").status_code == 200


@pytest.mark.parametrize(
    "query", ["status=lost", "language=xx", "before=yesterday", "after=-1", "before=1-1-1", "before=9" * 30]
)
def test_a_list_there_is_not_is_not_found(writer: Client, query: str) -> None:
    assert writer.get(f"/studio/?{query}").status_code == 404


def test_pages_turn_both_ways_and_keep_the_filter(writer: Client, draft: Make) -> None:
    for number in range(30):
        draft(f"Article {number:02}")
    first = writer.get("/studio/?q=Article").context["page"]
    assert len(first.rows) == 25
    assert first.newer is None
    second = writer.get(f"/studio/?q=Article&before={first.older}")
    assert len(second.context["page"].rows) == 5
    assert b'rel="prev" href="?q=Article&amp;after=' in second.content
    assert second.context["page"].older is None
    newer = second.context["page"].newer
    back = writer.get(f"/studio/?q=Article&after={newer}")
    assert back["Location"] == "/studio/?q=Article"  # what is newer is the first page


def test_the_state_of_an_article_is_said_in_words(writer: Client, author: User, published: Make) -> None:
    article = save(published(), author, title="A louder morning")
    assert b"Draft, live version differs" in writer.get("/studio/").content
    article_submit(article_id=article.pk, actor=author)
    assert b"In review, live version differs" in writer.get("/studio/").content


def test_an_empty_studio_teaches_the_first_step(writer: Client) -> None:
    page = writer.get("/studio/").content
    assert b"You have not written anything yet" in page
    assert b"Write the first one" in page


def test_a_filter_that_nothing_passes_can_be_cleared(writer: Client, draft: Make) -> None:
    draft()
    page = writer.get("/studio/?q=nothing&status=draft").content
    assert b"No article passes this filter" in page
    assert b'href="?status=draft"' in page


@pytest.mark.parametrize("number", [1, 25])
def test_a_list_of_any_length_takes_five_queries_and_loads_no_text(writer: Client, draft: Make, number: int) -> None:
    for at in range(number):
        draft(f"Article {at}", body="A body that no list needs.")
    with CaptureQueriesContext(connection) as queries:
        writer.get("/studio/")
    # the account, its rights and its groups' rights, the page, the counts of all tabs
    assert len(queries) == 5
    assert not any('"body"' in query["sql"] or '"content"' in query["sql"] for query in queries)


def test_an_editor_pays_one_query_more_for_the_badge(reviewer: Client, draft: Make) -> None:
    draft()
    with CaptureQueriesContext(connection) as queries:
        reviewer.get("/studio/?of=all")
    assert len(queries) == 6


def test_counts_stop_at_a_thousand(writer: Client, draft: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MOST_COUNTED", 2)
    for at in range(4):
        draft(f"Article {at}")
    assert selectors.work_counts(chosen=selectors.WorkFilter())[selectors.Status.DRAFT] == 3
