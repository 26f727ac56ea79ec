"""Tokens: kept as digests, scoped, ending, and cheap to use."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from perfmon.tokens import ApiToken, bearer, token_authenticate, token_create, token_revoke

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_the_raw_token_is_returned_once_and_stored_nowhere() -> None:
    token, raw = token_create(name="importer", scopes=["metrics:write"])
    assert raw.startswith("pm_")
    assert len(raw) == 46
    row = ApiToken.objects.filter(pk=token.pk).values().get()
    assert raw not in str(row)
    assert raw.startswith(row["prefix"])
    assert len(row["prefix"]) < 10


def test_a_token_is_found_by_its_raw_text() -> None:
    token, raw = token_create(name="importer", scopes=["metrics:write"])
    assert token_authenticate(raw=raw) == token
    assert token_authenticate(raw=raw, scope="metrics:write") == token


def test_a_token_does_only_what_its_scopes_say() -> None:
    token, raw = token_create(name="importer", scopes=["metrics:write", "data:read"])
    assert token_authenticate(raw=raw, scope="live:read") is None
    assert token.allows("data:read")
    assert not token.allows("live:read")


@pytest.mark.parametrize(
    "raw", ["", "pm_", "pm_" + "a" * 43, "xx_" + "a" * 43, "pm_" + "a" * 5_000, "pm_" + "\ud800" * 43]
)
def test_unknown_and_malformed_tokens_are_refused(raw: str) -> None:
    token_create(name="importer", scopes=["metrics:write"])
    assert token_authenticate(raw=raw) is None


def test_an_expired_token_is_refused() -> None:
    with time_machine.travel(NOW, tick=False):
        _, raw = token_create(name="importer", scopes=["metrics:write"], expires_at=NOW + timedelta(days=1))
        assert token_authenticate(raw=raw)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert token_authenticate(raw=raw) is None


def test_a_revoked_token_is_refused_and_revoking_twice_changes_nothing() -> None:
    token, raw = token_create(name="importer", scopes=["metrics:write"])
    assert token_revoke(token_id=token.pk)
    assert token_authenticate(raw=raw) is None
    assert not token_revoke(token_id=token.pk)
    assert not token_revoke(token_id=token.pk + 1)


def test_a_token_stops_with_the_account_it_was_made_by() -> None:
    user = get_user_model().objects.create_user("ana", password="x" * 12)
    _, raw = token_create(name="importer", scopes=["metrics:write"], created_by=user)
    assert token_authenticate(raw=raw)
    user.is_active = False
    user.save()
    assert token_authenticate(raw=raw) is None


@pytest.mark.parametrize("scopes", [[], ["metrics:read"], ["metrics:write", "everything"]])
def test_unknown_scopes_are_refused_and_the_known_ones_named(scopes: list[str]) -> None:
    with pytest.raises(ValidationError, match="metrics:write"):
        token_create(name="importer", scopes=scopes)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "n" * 101])
def test_a_token_has_a_name(name: str) -> None:
    with pytest.raises(ValidationError):
        token_create(name=name, scopes=["metrics:write"])


def test_the_last_use_is_written_at_most_once_a_minute(django_assert_num_queries: Any) -> None:
    token, raw = token_create(name="importer", scopes=["metrics:write"])
    with time_machine.travel(NOW, tick=False) as clock:
        with django_assert_num_queries(2):
            token_authenticate(raw=raw)
        clock.shift(59)
        with django_assert_num_queries(1):
            token_authenticate(raw=raw)
        clock.shift(1)
        with django_assert_num_queries(2):
            token_authenticate(raw=raw)
    token.refresh_from_db()
    assert token.last_used_at == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("header", "raw"),
    [("Bearer pm_x", "pm_x"), ("bearer  pm_x ", "pm_x"), ("Basic pm_x", ""), ("", ""), ("pm_x", ""), ("Bearer", "")],
)
def test_the_bearer_header_is_read(header: str, raw: str) -> None:
    assert bearer(header) == raw
