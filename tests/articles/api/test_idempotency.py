"""Idempotency-Key: what is asked for twice is done once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.db import connections

from articles import idempotency
from articles.idempotency import KeyBusyError, answer_once, keys_clear
from articles.models import Article, IdempotencyKey
from articles.services.tokens import token_create
from articles.tasks.api import keys_clear_away
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, Program, refused
from tests.articles.at_once import at_once

Make = Callable[..., Article]
URL = "/api/articles"
GOOD = {"title": "On lamps", "content": "They *glow*."}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_same_key_and_body_get_the_same_answer(author: User, program: MakeProgram) -> None:
    writer = program(author)
    first = writer.post(URL, GOOD, Idempotency_Key="k-1")

    again = writer.post(URL, dict(reversed(GOOD.items())), Idempotency_Key="k-1")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    for name in ("Location", "ETag", "Content-Type", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    assert (first.headers.get("Idempotency-Replayed"), again.headers["Idempotency-Replayed"]) == (None, "true")
    assert Article.objects.count() == 1


def test_the_same_key_for_something_else_is_refused(author: User, program: MakeProgram) -> None:
    writer = program(author)
    writer.post(URL, GOOD, Idempotency_Key="k-1")

    assert refused(writer.post(URL, {**GOOD, "title": "Other"}, Idempotency_Key="k-1")) == ["Idempotency-Key"]
    assert Article.objects.count() == 1


def test_a_key_is_its_accounts_own(author: User, chief: User, program: MakeProgram) -> None:
    assert program(author).post(URL, GOOD, Idempotency_Key="k-1").status_code == 201
    assert program(chief).post(URL, GOOD, Idempotency_Key="k-1").status_code == 201
    assert Article.objects.count() == 2


def test_what_was_refused_can_be_put_right_under_the_same_key(author: User, program: MakeProgram) -> None:
    writer = program(author)

    assert refused(writer.post(URL, {"title": " "}, Idempotency_Key="k-1")) == ["title"]
    assert writer.post(URL, GOOD, Idempotency_Key="k-1").status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_a_bad_key_is_refused(author: User, program: MakeProgram, key: str) -> None:
    assert refused(program(author).post(URL, GOOD, Idempotency_Key=key)) == ["Idempotency-Key"]
    assert not Article.objects.exists()


def test_a_second_call_while_the_first_is_at_work_is_asked_to_wait(author: User, program: MakeProgram) -> None:
    writer = program(author)
    with time_machine.travel(NOW, tick=False) as clock:
        writer.post(URL, GOOD, Idempotency_Key="k-1")
        IdempotencyKey.objects.update(status_code=None, answer=None)

        answer = writer.post(URL, GOOD, Idempotency_Key="k-1")
        assert refused(answer, 409) == []
        assert answer.headers["Retry-After"] == "2"

        clock.shift(timedelta(seconds=idempotency.CLAIM_S + 1))
        assert writer.post(URL, GOOD, Idempotency_Key="k-1").status_code == 201


def test_a_call_that_lost_its_key_to_another_undoes_its_work(author: User, draft: Make) -> None:
    def slow() -> Any:
        draft("Too late")
        IdempotencyKey.objects.update(created_at=NOW)  # another call took it over
        return idempotency.HttpResponse(b"{}", status=201)

    with pytest.raises(KeyBusyError):
        answer_once(user=author, key="k-1", digest="d", make=slow)
    assert not Article.objects.exists()


def test_a_key_is_forgotten_after_a_day(author: User, program: MakeProgram) -> None:
    writer = program(author)
    with time_machine.travel(NOW, tick=False) as clock:
        writer.post(URL, GOOD, Idempotency_Key="k-1")
        clock.shift(timedelta(days=1, seconds=1))
        assert writer.post(URL, {**GOOD, "title": "Another day"}, Idempotency_Key="k-1").status_code == 201
        clock.shift(timedelta(days=1, seconds=1))
        keys_clear_away()
        assert not IdempotencyKey.objects.exists()
        assert keys_clear() == 0


def test_calls_at_the_same_moment_make_one_article_on_postgresql(
    postgres_alias: str, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with django_db_blocker.unblock():
        usual = connections.settings["default"]
        connections["default"].close()
        monkeypatch.setitem(connections.settings, "default", connections.settings[postgres_alias])
        del connections["default"]
        try:
            _call_at_once(django_db_blocker.unblock)
        finally:
            connections["default"].close()
            monkeypatch.setitem(connections.settings, "default", usual)
            del connections["default"]


def _call_at_once(unblock: Callable[[], Any]) -> None:
    user = User.objects.create_user("clarice")
    user.user_permissions.add(Permission.objects.get(codename="add_article"))
    raw = token_create(user=user, scopes=[Scope.WRITE])[1]

    def call() -> int:
        return Program(raw).post(URL, GOOD, Idempotency_Key="k-1").status_code

    statuses = at_once(8, call, unblock)

    assert Article.objects.count() == 1
    assert statuses.count(201) >= 1
    assert set(statuses) <= {201, 409}
    assert Program(raw).post(URL, GOOD, Idempotency_Key="k-1").headers["Idempotency-Replayed"] == "true"
