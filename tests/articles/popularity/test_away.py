"""A cache or a database that is away: views are lost or wait, and who reads notices nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connection

from articles.models import Article
from articles.services import views
from articles.services.views import view_record
from articles.tasks import views_write
from tests.articles.popularity.conftest import Beacon, seen, view

Make = Callable[..., Article]


def test_a_valkey_that_is_away_loses_views_and_raises_nothing(
    beacon: Beacon, published: Make, settings: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    article = published()
    kind = "django_redis.cache.RedisCache"
    away = {"BACKEND": kind, "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": {"IGNORE_EXCEPTIONS": True}}
    settings.CACHES = {**settings.CACHES, "default": away}
    monkeypatch.setattr(views, "lost", views.Lost())
    with caplog.at_level(logging.WARNING, "articles"):
        assert [beacon(article) for _ in range(3)] == [204] * 3
        views_write()
    assert views.lost.count == 3
    assert [record.name for record in caplog.records if record.name.startswith("articles")] == [
        "articles.services.views", "articles.tasks.views",
    ]  # fmt: skip
    assert seen(article) == 0


def test_lost_views_are_logged_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    moments = iter((0.0, 0.0, 1.0, 59.0, 60.0, 60.0))  # it looks at the clock again when it writes
    lost = views.Lost(clock=lambda: next(moments))
    for _ in range(4):
        lost.add(ConnectionError("away"))
    assert [record.getMessage().split(";")[1].split()[0] for record in caplog.records] == ["1", "4"]


def test_a_cache_that_keeps_nothing_counts_every_view(published: Make, in_memory: None, settings: Any) -> None:
    settings.CACHES = {**settings.CACHES, "default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    article = published()
    assert [view_record(view(article)) for _ in range(2)] == [True, True]
    views_write()
    assert seen(article) == 2


def test_a_failing_write_is_not_seen_by_who_reads(
    beacon: Beacon, published: Make, in_memory: None, caplog: pytest.LogCaptureFixture
) -> None:
    article = published()
    views._flushed_at -= views.FLUSH_EVERY_S

    def full(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT")):
            raise DatabaseError("The disk is full.")
        return execute(sql, *args)

    with connection.execute_wrapper(full):
        assert beacon(article) == 204
    assert "Views could not be written" in caplog.text
    views_write()
    assert seen(article) == 1
