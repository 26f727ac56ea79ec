"""The review queue: in which order, whose turn, how many queries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from articles.services.articles import article_save
from articles.services.publishing import article_approve, article_submit
from tests.articles.conftest import START

Make = Callable[..., Article]


@pytest.fixture
def submitted(draft: Make, author: User) -> Make:
    """Make a text that waits for review."""

    def make(title: str = "A quiet morning", by: User = author) -> Article:
        return article_submit(article_id=draft(title, author=by).pk, actor=by)

    return make


@pytest.fixture
def changed(published: Make, author: User) -> Make:
    """Make a published article whose changes wait for review."""

    def make(title: str = "A louder morning") -> Article:
        article = published(title)
        content = replace(article.working(), body="Other words.")
        article = article_save(article_id=article.pk, content=content, version=article.version, actor=author)
        return article_submit(article_id=article.pk, actor=author)

    return make


def test_the_longest_waiting_text_comes_first_new_or_published(
    reviewer: Client, submitted: Make, changed: Make
) -> None:
    with time_machine.travel(START + timedelta(days=1), tick=False) as clock:
        submitted("First")
        clock.shift(60)
        submitted("Third")
    with time_machine.travel(START + timedelta(days=1, seconds=30), tick=False):
        changed("Second")
    waiting = reviewer.get("/studio/queue/").context["waiting"]
    titles = [row.article.title for row in waiting]
    assert titles.index("First") < titles.index("Third")
    assert set(titles) == {"First", "Second", "Third"}


def test_the_queue_says_who_asked_and_when(reviewer: Client, submitted: Make) -> None:
    with time_machine.travel(START, tick=False):
        submitted()
    row = reviewer.get("/studio/queue/").context["waiting"][0]
    assert (row.submitted_by, row.submitted_at) == ("Clarice Lima", START)


def test_changes_to_a_published_article_lead_to_what_changed(reviewer: Client, changed: Make) -> None:
    article = changed()
    page = reviewer.get("/studio/queue/").content.decode()
    assert f"/studio/articles/{article.pk}/diff/?from=live&amp;to=now" in page


def test_a_text_of_ones_own_is_marked_as_such(reviewer: Client, submitted: Make, reviewer_account: User) -> None:
    submitted(by=reviewer_account)
    page = reviewer.get("/studio/queue/").content.decode()
    assert "Your own text" in page
    assert ">Review<" not in page


def test_an_approved_text_waits_for_its_publication(writer: Client, submitted: Make, reviewer_account: User) -> None:
    article = submitted()
    article_approve(article_id=article.pk, actor=reviewer_account)
    response = writer.get("/studio/queue/")
    assert [row.article.id for row in response.context["approved"]] == [article.pk]
    assert response.context["waiting"] == []


def test_the_badge_counts_what_this_account_can_review(
    reviewer: Client, writer: Client, submitted: Make, changed: Make, reviewer_account: User
) -> None:
    submitted("One")
    changed("Two")
    submitted("Own", by=reviewer_account)
    approved = submitted("Approved")
    article_approve(article_id=approved.pk, actor=reviewer_account)
    assert '<span class="badge">2<' in reviewer.get("/studio/").content.decode()
    assert "badge" not in writer.get("/studio/").content.decode()


def test_an_empty_queue_says_how_texts_come_here(reviewer: Client) -> None:
    assert b"Nothing waits for review" in reviewer.get("/studio/queue/").content


@pytest.mark.parametrize("number", [1, 12])
def test_a_queue_of_any_length_takes_seven_queries(reviewer: Client, submitted: Make, number: int) -> None:
    for at in range(number):
        submitted(f"Article {at}")
    with CaptureQueriesContext(connection) as queries:
        reviewer.get("/studio/queue/")
    # the account, its rights twice, articles, changes, who submitted, the badge
    assert len(queries) == 7
    assert not any('"body"' in query["sql"] or '"content"' in query["sql"] for query in queries)
