"""The calendar: what stands on which day, in which zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from articles.models import Article
from articles.services.publishing import article_schedule
from tests.articles.conftest import START

Make = Callable[..., Article]
NOW = START


@pytest.fixture
def scheduled(draft: Make, reviewer_account: User) -> Make:
    """Make a scheduled article."""

    def make(publish_at: datetime, unpublish_at: datetime | None = None, title: str = "A quiet morning") -> Article:
        with time_machine.travel(NOW, tick=False):
            return article_schedule(
                article_id=draft(title).pk, actor=reviewer_account, publish_at=publish_at, unpublish_at=unpublish_at
            )

    return make


def days(client: Client, month: str) -> dict[date, list[tuple[str, str]]]:
    response = client.get(f"/studio/calendar/?month={month}")
    assert response.status_code == 200
    cells = [cell for week in response.context["weeks"] for cell in week]
    return {cell.date: [(event.kind, event.title) for event in [*cell.events, *cell.more]] for cell in cells}


def test_an_article_stands_on_the_day_it_goes_out_and_on_the_day_it_comes_off(writer: Client, scheduled: Make) -> None:
    scheduled(datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 4, 2, 9, tzinfo=UTC))
    march, april = days(writer, "2026-03"), days(writer, "2026-04")
    assert march[date(2026, 3, 10)] == [("goes-out", "A quiet morning")]
    assert april[date(2026, 4, 2)] == [("comes-off", "A quiet morning")]


def test_the_day_is_that_of_the_browsers_zone(writer: Client, scheduled: Make) -> None:
    scheduled(datetime(2026, 3, 11, 1, 30, tzinfo=UTC))
    writer.cookies["studio_zone"] = "America/Sao_Paulo"
    assert days(writer, "2026-03")[date(2026, 3, 10)] == [("goes-out", "A quiet morning")]
    page = writer.get("/studio/calendar/?month=2026-03").content.decode()
    assert "America/Sao Paulo" in page
    assert '<time datetime="2026-03-11T01:30:00Z" title="2026-03-11 01:30:00 UTC">22:30</time>' in page


def test_what_was_published_stands_on_its_day(writer: Client, published: Make) -> None:
    published()
    assert days(writer, "2026-03")[date(2026, 3, 1)] == [("is-out", "A quiet morning")]


def test_without_a_month_it_is_the_present_one(writer: Client) -> None:
    with time_machine.travel(datetime(2025, 12, 31, 12, tzinfo=UTC), tick=False):
        context = writer.get("/studio/calendar/").context
    assert (context["month"], context["previous"], context["next"]) == (
        date(2025, 12, 1), date(2025, 11, 1), date(2026, 1, 1),
    )  # fmt: skip


@pytest.mark.parametrize("month", ["2026-13", "2026-00", "0000-01", "9999-12", "2026", "soon", "2026-3", "٢٠٢٦-٠٣"])
def test_a_month_there_is_not_is_not_found(writer: Client, month: str) -> None:
    assert writer.get("/studio/calendar/", {"month": month}).status_code == 404


@pytest.mark.parametrize("month", ["1970-01", "2200-12"])
def test_the_first_and_the_last_month_are_shown(writer: Client, month: str) -> None:
    writer.cookies["studio_zone"] = "Pacific/Kiritimati"
    assert writer.get("/studio/calendar/", {"month": month}).status_code == 200


def test_a_full_day_shows_some_and_folds_the_rest(writer: Client, scheduled: Make) -> None:
    for hour in range(7):
        scheduled(datetime(2026, 3, 10, 9 + hour, tzinfo=UTC), title=f"Article {hour}")
    page = writer.get("/studio/calendar/?month=2026-03").content.decode()
    assert "4 more" in page
    assert page.index("Article 0") < page.index("Article 6")


def test_an_empty_month_says_how_articles_come_here(writer: Client) -> None:
    assert b"Nothing goes out or comes off this month" in writer.get("/studio/calendar/?month=2026-05").content


def test_a_month_takes_seven_queries_and_loads_no_text(writer: Client, scheduled: Make) -> None:
    for day in range(2, 12):
        scheduled(datetime(2026, 3, day, 9, tzinfo=UTC), title=f"Article {day}")
    with CaptureQueriesContext(connection) as queries:
        writer.get("/studio/calendar/?month=2026-03")
    # the account, its rights twice, what goes out, what comes off, the end of what is not out yet, what is out
    assert len(queries) == 7
    assert not any('"body"' in query["sql"] for query in queries)
