"""How often one caller may ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client

from articles import throttles
from tests.articles.api.calls import MakeProgram, refused

NOW = datetime(2026, 3, 1, 12, 0, 20, tzinfo=UTC)


@pytest.fixture
def few(settings: Any) -> None:
    """A site that allows little."""
    settings.API_RATES_PER_MIN = {"anonymous": 2, "token": 3, "write": 1}


def test_every_answer_says_where_the_caller_stands(client: Client, db: None, few: None) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        answers = [client.get("/api/categories") for _ in range(3)]

        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert {answer.headers["RateLimit-Limit"] for answer in answers} == {"2"}
        assert {answer.headers["RateLimit-Reset"] for answer in answers} == {"40"}
        assert refused(answers[2], 429) == []
        assert answers[2].headers["Retry-After"] == "40"
        clock.shift(timedelta(seconds=40))
        assert client.get("/api/categories").status_code == 200


def test_refusals_count_and_carry_the_figures_too(client: Client, db: None, few: None) -> None:
    with time_machine.travel(NOW, tick=False):
        assert client.get("/api/none").headers["RateLimit-Remaining"] == "1"
        assert client.get("/api/articles?limit=0").headers["RateLimit-Remaining"] == "0"
        assert client.get("/api/articles/1").status_code == 429


def test_each_address_token_and_account_has_a_count_of_its_own(
    client: Client, author: User, program: MakeProgram, few: None
) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(2):
            client.get("/api/categories")
        assert client.get("/api/categories").status_code == 429
        assert client.get("/api/categories", REMOTE_ADDR="192.0.2.1").status_code == 200
        one, other = program(author), program(author)
        assert [one.get("/api/categories").status_code for _ in range(4)] == [200, 200, 200, 429]
        assert other.get("/api/categories").status_code == 200


def test_writes_are_counted_apart_and_by_account(client: Client, author: User, few: None) -> None:
    client.force_login(author)
    with time_machine.travel(NOW, tick=False):
        body = {"title": "On lamps"}
        assert client.post("/api/articles", body, content_type="application/json").status_code == 201
        elsewhere = client.post("/api/articles", body, content_type="application/json", REMOTE_ADDR="192.0.2.1")
        assert elsewhere.status_code == 429
        assert client.get("/api/categories").status_code == 200


@pytest.fixture
def granted(author: User) -> Iterator[None]:
    """Grant the author four times as many calls as others have, until the test's end."""
    throttles.grant([author.pk], times=4, seconds=60)
    yield
    throttles.grants_end([author.pk])


def test_a_grant_lets_one_account_call_more_often_also_where_its_address_is_past_its_limit(
    client: Client, author: User, few: None, granted: None
) -> None:
    client.force_login(author)
    with time_machine.travel(NOW, tick=False):
        body = {"title": "On lamps"}
        writes = [client.post("/api/articles", body, content_type="application/json") for _ in range(5)]
        reads = [client.get("/api/categories") for _ in range(15)]

        assert [answer.status_code for answer in writes] == [201, 201, 201, 201, 429]
        assert [answer.status_code for answer in reads] == 14 * [200] + [429]
        assert reads[13].headers["RateLimit-Limit"] == "12"


def test_a_grant_is_nobody_elses_and_can_be_taken_back(
    client: Client, author: User, django_user_model: Any, few: None, granted: None
) -> None:
    other = Client()
    other.force_login(django_user_model.objects.create_user("eva"))
    client.force_login(author)
    with time_machine.travel(NOW, tick=False):
        mine = [client.get("/api/categories").status_code for _ in range(4)]
        others = [asker.get("/api/categories").status_code for asker in (other, Client())]
        throttles.grants_end([author.pk])

        assert (mine, others) == ([200, 200, 200, 200], [429, 429])
        assert client.get("/api/categories").status_code == 429


def test_nobodys_session_is_looked_at_while_nothing_is_granted(
    client: Client, author: User, few: None, django_assert_num_queries: Any
) -> None:
    client.force_login(author)
    with time_machine.travel(NOW, tick=False):
        for _ in range(2):
            client.get("/api/categories")
        with django_assert_num_queries(0):
            refused_once = client.get("/api/categories")

        assert refused_once.status_code == 429
        assert "Cookie" not in refused_once.headers.get("Vary", "")


def test_nothing_is_said_where_there_is_no_limit(client: Client, db: None, settings: Any) -> None:
    settings.API_RATES_PER_MIN = {"anonymous": 0}

    assert "RateLimit-Limit" not in client.get("/api/categories").headers


@pytest.mark.parametrize("backend", ["django_redis.cache.RedisCache", "django.core.cache.backends.dummy.DummyCache"])
def test_a_cache_that_is_away_lets_everybody_pass_and_is_counted(
    client: Client, db: None, few: None, settings: Any, backend: str
) -> None:
    options = {"IGNORE_EXCEPTIONS": True} if "redis" in backend else {}
    away = {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": options}
    settings.CACHES = {**settings.CACHES, "default": away}
    before = throttles.failures.count

    assert [client.get("/api/categories").status_code for _ in range(4)] == [200] * 4
    assert throttles.failures.count == before + 4


def test_a_cache_that_raises_lets_everybody_pass(
    client: Client, db: None, few: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Away:
        def add(self, *_: object) -> bool:
            raise ConnectionError("The cache is away.")

    monkeypatch.setattr(throttles, "cache", Away())

    assert [client.get("/api/categories").status_code for _ in range(3)] == [200] * 3
