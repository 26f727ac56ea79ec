"""The score: half of a view's worth is gone in seven days, and the order of articles needs no touching."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from articles.models import Article
from articles.popularity.counting import View, get_counter
from articles.popularity.scores import EPOCH, HALF_LIFE, score_added, weight_log2
from articles.services.views import views_flush
from articles.tasks import views_write
from tests.articles.conftest import START
from tests.articles.popularity.conftest import seen

Make = Callable[..., Article]
Reads = list[tuple[int, datetime]]

DAYS = st.integers(0, 4_000)
READS = st.lists(st.tuples(st.integers(1, 10_000), DAYS.map(lambda days: EPOCH + timedelta(days=days))), max_size=8)


def score_of(reads: Reads) -> float:
    score = 0.0
    for views, at in reads:
        score = score_added(score, views, at)
    return score


def worth(score: float, now: datetime) -> float:
    """What the views are worth at a moment, as docs/popularity.md works it out."""
    return float((2.0**score - 1.0) * 2.0 ** (-(now - EPOCH) / HALF_LIFE))


def worth_by_view(reads: Reads, now: datetime) -> float:
    """The same without the trick: each view decayed by its own age."""
    return math.fsum(views * 2.0 ** (-(now - at) / HALF_LIFE) for views, at in reads)


@pytest.mark.parametrize(("days", "left"), [(0, 100.0), (7, 50.0), (14, 25.0), (28, 6.25), (3.5, 70.7107)])
def test_a_hundred_views_are_worth_half_after_each_week(days: float, left: float) -> None:
    score = score_added(0.0, 100, START)
    assert worth(score, START + timedelta(days=days)) == pytest.approx(left, rel=1e-5)


def test_an_article_nobody_read_has_nothing() -> None:
    assert worth(0.0, START) == 0.0
    assert score_added(0.0, 1, EPOCH) == 1.0  # log2(1 + 1)
    assert weight_log2(8, EPOCH + HALF_LIFE) == 4.0


@given(reads=READS, days=st.integers(0, 100))
def test_the_score_is_the_sum_of_all_views_each_decayed_by_its_age(reads: Reads, days: int) -> None:
    now = max((at for _views, at in reads), default=EPOCH) + timedelta(days=days)
    assume((now - EPOCH) / HALF_LIFE < 500)  # beyond that the plain sum leaves a float's range; the score does not
    assert worth(score_of(reads), now) == pytest.approx(worth_by_view(reads, now), rel=1e-9, abs=1e-9)


@given(reads=READS, seed=st.randoms(use_true_random=False))
def test_it_does_not_matter_in_which_order_views_are_added(reads: Reads, seed: object) -> None:
    shuffled = list(reads)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert score_of(shuffled) == pytest.approx(score_of(reads), rel=1e-12)


@given(one=READS, other=READS, days=st.integers(0, 2_000))
def test_articles_are_in_the_same_order_by_score_as_by_worth_at_any_moment(one: Reads, other: Reads, days: int) -> None:
    now = EPOCH + timedelta(days=days + 4_000)
    left, right = worth_by_view(one, now), worth_by_view(other, now)
    assume(abs(left - right) > 1e-9 * max(left, right))
    assume(max(left, right) > 2.0 ** -((now - EPOCH) / HALF_LIFE - 1))
    if left < right:
        assert score_of(one) <= score_of(other) + 1e-9
    else:
        assert score_of(one) >= score_of(other) - 1e-9


@given(reads=READS, more=st.integers(1, 10_000), at=DAYS)
def test_a_view_never_takes_anything_away_and_a_later_one_gives_more(reads: Reads, more: int, at: int) -> None:
    moment, score = EPOCH + timedelta(days=at), score_of(reads)
    assert score_added(score, more, moment) >= score
    assert score_added(score, more, moment + HALF_LIFE) >= score_added(score, more, moment)
    assert score_added(score, more + 1, moment) >= score_added(score, more, moment)


def test_the_score_stays_finite_for_centuries() -> None:
    score = score_added(0.0, 10**12, EPOCH + timedelta(days=365 * 500))
    assert math.isfinite(score)
    assert score_added(score, 1, EPOCH) == score
    assert math.isfinite(score_added(score, 1, datetime.max.replace(tzinfo=EPOCH.tzinfo)))


# In the database


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(reads=READS)
def test_the_database_adds_up_the_same(in_memory: None, draft: Make, reads: Reads) -> None:
    article = draft()
    for number, (views, at) in enumerate(reads):
        for reader in range(views % 3 + 1):
            get_counter().add(View(article.pk, f"{article.pk}-{number}", f"{article.pk}-{number}-{reader}"))
        views_flush(now=at)
    stored = Article.objects.get(pk=article.pk)
    assert stored.popularity == pytest.approx(score_of([(views % 3 + 1, at) for views, at in reads]), rel=1e-9)
    assert stored.view_count == sum(views % 3 + 1 for views, _at in reads)


def read(article: Article, times: int, *, days_ago: float, now: datetime) -> None:
    """Have so many readers read it, and write that at once."""
    moment = now - timedelta(days=days_ago)
    with time_machine.travel(moment, tick=False):
        for number in range(times):
            assert get_counter().add(
                View(article.pk, f"{moment.isoformat()}-{number}", f"{article.pk}-{days_ago}-{number}")
            )
        views_write()


def test_what_was_read_lately_is_before_what_was_read_more_long_ago(
    client: Client, published: Make, counted: str
) -> None:
    now = START + timedelta(days=60)
    # Worth 2, 1.5, 2.5 and 1.75 now.
    wanted = {"Now": [(2, 0)], "A week ago": [(3, 7)], "More a week ago": [(5, 7)], "Spread": [(4, 14), (3, 14)]}
    for title, reads in wanted.items():
        article = published(title)
        for number, (times, days_ago) in enumerate(reads):
            read(article, times, days_ago=days_ago + number / 1_000, now=now)
        assert seen(article) == sum(times for times, _days in reads)
    published("Unread")
    read(published("Em português", language="pt-br"), 9, days_ago=7, now=now)  # 4.5

    def popular(**asked: str) -> list[str]:
        answer = client.get("/api/articles/popular", {"fields": "title", **asked})
        return [item["title"] for item in answer.json()["items"]]

    english = ["More a week ago", "Now", "Spread", "A week ago", "Unread"]
    assert popular(language="en") == english
    assert popular() == ["Em português", *english]
    assert popular(limit="2") == ["Em português", "More a week ago"]


def test_between_articles_read_alike_the_newest_is_first(client: Client, published: Make, in_memory: None) -> None:
    made = [published(title) for title in ("First", "Second", "Third")]
    for article in made:
        get_counter().add(View(article.pk, f"{article.pk}", f"{article.pk}-one"))
    views_write()
    items = client.get("/api/articles/popular", {"fields": "title"}).json()["items"]
    assert [item["title"] for item in items] == ["Third", "Second", "First"]


def test_what_is_taken_off_is_popular_no_more(client: Client, published: Make, in_memory: None) -> None:
    article = published()
    get_counter().add(View(article.pk, "one", "one-of-it"))
    views_write()
    Article.objects.filter(pk=article.pk).update(status="archived")
    assert client.get("/api/articles/popular").json()["items"] == []
