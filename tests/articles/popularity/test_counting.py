"""Views that wait: written exactly once whatever dies between, and never more of them than a bound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.core.cache import cache
from django.db import DatabaseError, connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from articles.models import Article, ViewBatch
from articles.popularity import counting
from articles.popularity.counting import MOST_PER_READER, MemoryCounter, View, get_counter
from articles.popularity.readers import ONCE_PER_S
from articles.services import views
from articles.services.views import view_record, views_flush
from articles.tasks import views_write
from tests.articles.conftest import START
from tests.articles.popularity.conftest import seen, view

Make = Callable[..., Article]


class DiedError(Exception):
    """What a worker that is killed looks like from inside."""


def write_and_die(at_write: int) -> None:
    """Run the task and break it off at the so-manieth write to the articles."""
    writes = 0

    def execute_or_die(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        nonlocal writes
        if sql.startswith('UPDATE "articles_article"'):
            writes += 1
            if writes == at_write:
                raise DiedError
        return execute(sql, *args)

    with connection.execute_wrapper(execute_or_die), pytest.raises(DiedError):
        views_write()


@pytest.fixture
def three(published: Make, counted: str, monkeypatch: pytest.MonkeyPatch) -> list[Article]:
    """Three articles with two views each that wait, and will be written one article at a time."""
    monkeypatch.setattr(views, "BATCH", 1)
    articles = [published(title) for title in ("One", "Two", "Three")]
    for article in articles:
        assert [view_record(view(article, reader)) for reader in ("one", "two", "two")] == [True, True, False]
    return articles


def totals(articles: list[Article]) -> list[int]:
    return [seen(article) for article in articles]


def test_the_task_may_run_twice(three: list[Article]) -> None:
    views_write()
    views_write()
    assert totals(three) == [2, 2, 2]


@pytest.mark.parametrize("at_write", [1, 2, 3])
def test_a_worker_that_dies_loses_none_and_counts_none_twice(three: list[Article], at_write: int) -> None:
    write_and_die(at_write)
    assert totals(three) == [2] * (at_write - 1) + [0] * (4 - at_write)
    views_write()
    assert totals(three) == [2, 2, 2]


def test_views_that_come_while_a_batch_is_broken_off_wait_for_the_next(three: list[Article]) -> None:
    write_and_die(2)
    view_record(view(three[0], "three"))
    views_write()
    assert totals(three) == [2, 2, 2]
    views_write()
    assert totals(three) == [3, 2, 2]


def test_two_workers_that_take_the_same_batch_write_it_once(three: list[Article]) -> None:
    with get_counter().taken() as batch:
        views_write()
        with get_counter().taken() as after:  # the other wrote it, and a third finds nothing
            assert after.views == {}
    assert batch.views == {article.pk: 2 for article in three}
    views_write()
    assert totals(three) == [2, 2, 2]


def test_who_forgets_late_forgets_no_batch_of_another(three: list[Article]) -> None:
    with get_counter().taken():
        views_write()
        view_record(view(three[0], "three"))
        with pytest.raises(DiedError), get_counter().taken():
            raise DiedError
    views_write()
    assert totals(three) == [3, 2, 2]


def test_a_batch_that_was_written_and_not_forgotten_is_not_written_again(three: list[Article]) -> None:
    with pytest.raises(DiedError), get_counter().taken() as batch:
        raise DiedError
    for number, article in enumerate(three):  # as a worker does that dies before it can tell
        views._write_once(f"{batch.name}-{number}", {article.pk: 2}, START)
    views_write()
    assert totals(three) == [2, 2, 2]


def test_a_database_that_is_away_keeps_the_views_waiting(three: list[Article]) -> None:
    def away(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        raise DatabaseError("The database is away.")

    with connection.execute_wrapper(away), pytest.raises(DatabaseError):
        views_write()
    views_write()
    assert totals(three) == [2, 2, 2]


def test_an_article_deleted_meanwhile_takes_only_its_own_views_along(three: list[Article]) -> None:
    Article.objects.get(pk=three[1].pk).delete()
    views_write()
    assert totals([three[0], three[2]]) == [2, 2]


def test_names_of_batches_are_kept_for_seven_days(published: Make, counted: str) -> None:
    article = published()
    with time_machine.travel(START, tick=False) as clock:
        view_record(view(article))
        views_write()
        clock.shift(timedelta(days=7))
        views_write()
        assert ViewBatch.objects.count() == 1
        clock.shift(timedelta(seconds=1))
        views_write()
        assert ViewBatch.objects.count() == 0


def test_five_hundred_articles_are_one_update(
    db: None, in_memory: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for pk in range(1, 501):
        get_counter().add(view(pk, f"reader-{pk}"))
    with django_assert_num_queries(5):  # a savepoint around the name and the update, and old names
        assert views_flush() == 500
    with django_assert_num_queries(1):
        assert views_flush() == 0


# Bounds


def test_a_reader_has_sixty_views_a_minute(db: None, counted: str) -> None:
    assert [view_record(view(pk)) for pk in range(1, 63)] == [True] * MOST_PER_READER + [False, False]
    assert view_record(view(1, "another"))


def test_no_more_articles_wait_than_a_bound_but_those_go_on(
    db: None, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_ARTICLES", 3)
    assert [view_record(view(pk)) for pk in (1, 2, 3, 4)] == [True, True, True, False]
    assert view_record(view(3, "another"))
    with get_counter().taken() as batch:
        assert batch.views == {1: 1, 2: 1, 3: 2}
    assert view_record(view(4))  # it was not marked as counted when there was no room


def test_all_that_valkey_keeps_of_readers_ends_by_itself(db: None, in_valkey: None, valkey_url: str) -> None:
    for pk in (1, 2):
        for reader in ("one", "two"):
            view_record(view(pk, reader))
    with redis.Redis.from_url(valkey_url) as client:
        left = {key.decode().rpartition("{views}:")[2]: client.ttl(key) for key in client.scan_iter()}
    assert left.pop("waiting") == -1
    assert {name: 0 < ttl <= (60 if name.startswith("calls") else ONCE_PER_S) for name, ttl in left.items()} == {
        "calls:one": True, "calls:two": True, "seen:one-1": True, "seen:two-1": True, "seen:one-2": True,
        "seen:two-2": True,
    }  # fmt: skip
    views_flush()
    with redis.Redis.from_url(valkey_url) as client:
        assert not [key for key in client.scan_iter() if key.endswith((b"waiting", b"taken"))]


# Algebra

READERS = st.sampled_from(["one", "two", "three"])
STEPS = st.one_of(st.tuples(st.integers(1, 4), READERS), st.sampled_from(["write", "die"]))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(STEPS, max_size=40))
def test_whatever_comes_between_each_reader_of_each_article_is_written_once(counted: str, steps: list[Any]) -> None:
    cache.clear()
    counting._memory = MemoryCounter()  # as new as the cache is
    readers: set[tuple[int, str]] = set()
    written: Counter[int] = Counter()
    names: set[str] = set()

    def write(*, dies: bool) -> None:
        with get_counter().taken() as batch:
            if batch.name not in names:
                written.update(batch.views)
                names.add(batch.name)
            if dies:
                raise DiedError

    for step in [*steps, "write", "write"]:
        if isinstance(step, tuple):
            pk, reader = step
            assert get_counter().add(View(pk, reader, f"{reader}{pk}")) == (step not in readers)
            readers.add(step)
        elif step == "die":
            with pytest.raises(DiedError):
                write(dies=True)
        else:
            write(dies=False)
    assert written == Counter(pk for pk, _reader in readers)
