"""POST /api/auth/login and /api/auth/logout, GET and DELETE of tokens."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from articles.models import AccessToken, Article
from articles.services.tokens import MAX_LIVE, token_create, tokens_clear
from articles.tokens import Scope
from tests.articles.api.calls import MakeProgram, Program, refused

Make = Callable[..., Article]
LOGIN = "/api/auth/login"
GOOD = {"username": "clarice", "password": "a long password"}
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def log_in(client: Client, body: Any = None, **headers: str) -> Any:
    """Send credentials."""
    content = body if isinstance(body, str) else json.dumps(GOOD if body is None else body)
    return client.post(LOGIN, content, content_type="application/json", headers=headers)


def test_a_password_buys_a_token_that_opens_what_it_was_made_for(client: Client, author: User, draft: Make) -> None:
    article = draft("Mine")
    answer = log_in(client, {**GOOD, "scopes": ["articles:read"], "name": "import", "expires_in_days": 7})

    body = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (body["scopes"], body["name"]) == (["articles:read"], "import")
    assert body["token"].startswith(body["prefix"])
    assert not answer.cookies
    program = Program(body["token"])
    assert program.get(f"/api/articles/{article.pk}").status_code == 200
    assert program.post("/api/articles", {"title": "T"}).status_code == 403


def test_only_the_digest_of_a_token_is_kept(client: Client, author: User) -> None:
    raw = log_in(client).json()["token"]

    row = AccessToken.objects.get()
    assert raw not in json.dumps([str(value) for value in vars(row).values()])
    assert len(row.digest) == 64
    assert row.expires_at - row.created_at > timedelta(days=29)


@pytest.mark.parametrize(
    "change", [{"password": "wrong"}, {"username": "nobody"}, {"username": "Clarice"}, {"password": "a long password "}]
)
def test_wrong_names_and_wrong_passwords_get_the_same_answer(
    client: Client, author: User, change: dict[str, str]
) -> None:
    answer = log_in(client, {**GOOD, **change})

    assert refused(answer, 401) == []
    assert answer.json()["detail"] == "The name or the password is wrong."
    assert not AccessToken.objects.exists()


def test_an_inactive_account_gets_the_same_answer(client: Client, author: User) -> None:
    User.objects.update(is_active=False)

    assert log_in(client).json()["detail"] == "The name or the password is wrong."


def test_an_unknown_name_costs_a_hash_like_a_known_one(
    client: Client, author: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(salt)
        return str(encode(self, password, salt))

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    log_in(client, {**GOOD, "password": "wrong"})
    known = len(hashed)
    log_in(client, {**GOOD, "username": "nobody"})

    assert len(hashed) - known == known == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a\x00b"}, "username"),
        ({"username": "x" * 151}, "username"),
        ({"username": ["clarice"]}, "username"),
        ({"password": None}, "password"),
        ({"password": "x" * 4097}, "password"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": 366}, "expires_in_days"),
        ({"name": "x" * 101}, "name"),
        ({"name": "\x00"}, "name"),
        ({"otp": "1"}, "otp"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(client: Client, author: User, change: dict[str, Any], field: str) -> None:
    assert refused(log_in(client, {**GOOD, **change})) == [field]


def test_five_wrong_passwords_lock_the_name_for_this_address_and_a_quarter_of_an_hour(
    client: Client, author: User
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        answers = [log_in(client, {**GOOD, "password": "wrong"}).status_code for _ in range(5)]
        assert answers == [401, 401, 401, 401, 429]

        locked = log_in(client)
        assert refused(locked, 429) == []
        assert locked.headers["Retry-After"] == "900"
        other = client.post(LOGIN, json.dumps(GOOD), content_type="application/json", REMOTE_ADDR="192.0.2.7")
        assert other.status_code == 201

        clock.shift(timedelta(minutes=14))
        assert log_in(client).headers["Retry-After"] == "60"
        clock.shift(timedelta(minutes=2))
        assert log_in(client).status_code == 201


def test_a_right_password_makes_earlier_wrong_ones_forgotten(client: Client, author: User) -> None:
    for _ in range(2):
        for _ in range(4):
            assert log_in(client, {**GOOD, "password": "wrong"}).status_code == 401
        assert log_in(client).status_code == 201


def test_the_lock_holds_for_the_admin_and_shows_a_page_there(client: Client, author: User) -> None:
    for _ in range(5):
        log_in(client, {**GOOD, "password": "wrong"})

    answer = client.post("/admin/login/", GOOD)

    assert answer.status_code == 429
    assert answer.headers["Content-Type"].startswith("text/html")
    assert int(answer.headers["Retry-After"]) > 800


def test_an_address_a_client_invents_is_not_believed(client: Client, author: User) -> None:
    answers = [
        log_in(client, {**GOOD, "password": "wrong"}, **{"X-Forwarded-For": f"192.0.2.{number}"}).status_code
        for number in range(5)
    ]

    assert answers[-1] == 429


def test_behind_proxies_the_address_the_first_of_them_saw_counts(client: Client, author: User, settings: Any) -> None:
    settings.TRUSTED_PROXIES = 2
    for number in range(5):
        answer = log_in(
            client, {**GOOD, "password": "wrong"}, **{"X-Forwarded-For": f"10.9.8.{number}, 192.0.2.1, 10.0.0.1"}
        )

    assert answer.status_code == 429
    assert log_in(client, **{"X-Forwarded-For": "192.0.2.2, 10.0.0.1"}).status_code == 201
    assert log_in(client, **{"X-Forwarded-For": "no address, 10.0.0.1"}).status_code == 201


def test_one_address_has_few_attempts_a_minute_whatever_the_names(client: Client, author: User, settings: Any) -> None:
    settings.API_RATES_PER_MIN = {"login": 3}
    for number in range(3):
        assert log_in(client, {**GOOD, "username": f"name{number}"}).status_code == 401

    answer = log_in(client)

    assert refused(answer, 429) == []
    assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_no_secret_is_logged(client: Client, author: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    log_in(client, {**GOOD, "password": "wr0ng-secret"})
    raw = log_in(client).json()["token"]
    client.get("/api/articles", headers={"Authorization": f"Bearer {raw}x"})
    client.post("/admin/login/", {**GOOD, "password": "wr0ng-secret"})

    assert "wr0ng-secret" not in caplog.text
    assert "a long password" not in caplog.text
    assert raw not in caplog.text


def test_logging_out_ends_the_token_that_is_sent(client: Client, author: User, program: MakeProgram) -> None:
    one, other = program(author), program(author)

    answer = one.post("/api/auth/logout")

    assert (answer.status_code, answer.content) == (204, b"")
    assert one.get("/api/auth/tokens").status_code == 401
    assert other.get("/api/auth/tokens").status_code == 200
    client.force_login(author)
    assert refused(client.post("/api/auth/logout", "", content_type="application/json")) == []


def test_tokens_are_listed_and_ended_by_their_account_alone(
    client: Client, author: User, chief: User, program: MakeProgram
) -> None:
    mine, theirs = program(author, Scope.READ), program(chief)
    token = AccessToken.objects.get(user=author)

    listed = mine.get("/api/auth/tokens").json()["items"]
    assert [item["id"] for item in listed] == [token.pk]
    assert "token" not in listed[0]
    assert theirs.call("DELETE", f"/api/auth/tokens/{token.pk}").status_code == 404
    client.force_login(author)
    assert client.delete(f"/api/auth/tokens/{token.pk}").status_code == 204
    assert client.delete(f"/api/auth/tokens/{token.pk}").status_code == 404
    assert mine.get("/api/articles").status_code == 401


@pytest.mark.parametrize("header", ["Bearer ow_x", "Bearer", "bearer " + "ow_" + "x" * 43, "Bearer pm_" + "x" * 43])
def test_a_token_that_is_none_is_refused_even_where_none_is_needed(client: Client, db: None, header: str) -> None:
    answer = client.get("/api/articles", headers={"Authorization": header})

    assert refused(answer, 401) == []
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_scheme_than_ours_is_not_looked_at(client: Client, db: None) -> None:
    assert client.get("/api/articles", headers={"Authorization": "Basic eDp5"}).status_code == 200


def test_a_token_ends_with_its_time_and_with_its_account(author: User) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        program = Program(token_create(user=author, scopes=[Scope.READ], days=1)[1])
        assert program.get("/api/auth/tokens").status_code == 200
        User.objects.update(is_active=False)
        assert program.get("/api/auth/tokens").status_code == 401
        User.objects.update(is_active=True)
        clock.shift(timedelta(days=1))
        assert program.get("/api/auth/tokens").status_code == 401


def test_the_use_of_a_token_is_written_once_a_minute(
    author: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        program = Program(token_create(user=author, scopes=[Scope.READ])[1])
        with django_assert_num_queries(2 + 1):
            program.get("/api/categories")
        with django_assert_num_queries(1 + 1):
            program.get("/api/categories")
        clock.shift(timedelta(minutes=1))
        program.get("/api/categories")
    assert AccessToken.objects.get().last_used_at == NOW + timedelta(minutes=1)


def test_an_account_has_so_many_tokens_and_no_more(client: Client, author: User) -> None:
    for _ in range(MAX_LIVE):
        token_create(user=author, scopes=[Scope.READ])

    assert refused(log_in(client)) == [""]


def test_tokens_that_ended_long_ago_are_cleared_away(author: User) -> None:
    with time_machine.travel(NOW, tick=False):
        token_create(user=author, scopes=[Scope.READ], days=1)
        token_create(user=author, scopes=[Scope.READ], days=365)

    assert tokens_clear(now=NOW + timedelta(days=30)) == 0
    assert tokens_clear(now=NOW + timedelta(days=32)) == 1
    assert AccessToken.objects.count() == 1
