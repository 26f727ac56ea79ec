"""The admin: a token is shown once and can't be changed; alerts are read."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from perfmon.alerts.models import Alert
from perfmon.tokens import ApiToken, token_authenticate, token_create

TOKENS = "/admin/perfmon/apitoken/"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def make_alert() -> Alert:
    return Alert.objects.create(
        rule="high_cpu", severity="warning", scope="web1", state="firing", pending_at=NOW, fired_at=NOW,
        evaluated_at=NOW, value=91, peak=92, limit=80, unit="%", window_s=60,
    )  # fmt: skip


def test_a_new_token_is_shown_once_and_kept_nowhere(admin_client: Client, admin_user: object) -> None:
    response = admin_client.post(f"{TOKENS}add/", {"name": "importer", "scopes": ["metrics:write"]})
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    (raw,) = re.findall(r"pm_[\w-]{43}", response.content.decode())
    token = token_authenticate(raw=raw)
    assert token is not None
    assert token.created_by == admin_user
    assert raw not in str(ApiToken.objects.values().get())
    assert raw not in str([session.get_decoded() for session in Session.objects.all()])
    assert raw not in admin_client.get(TOKENS).content.decode()
    assert raw not in admin_client.get(f"{TOKENS}{token.pk}/change/").content.decode()


@pytest.mark.parametrize(
    "form",
    [
        {"name": "importer"},
        {"name": "", "scopes": ["data:read"]},
        {"name": "importer", "scopes": ["everything"]},
        {"name": "importer", "scopes": ["data:read"], "expires_at_0": "2020-01-01", "expires_at_1": "10:00:00"},
    ],
)
def test_a_wrong_form_makes_no_token(admin_client: Client, form: dict[str, object]) -> None:
    response = admin_client.post(f"{TOKENS}add/", form)
    assert response.context["adminform"].errors
    assert not ApiToken.objects.exists()


def test_an_issued_token_cannot_be_changed_or_deleted(admin_client: Client) -> None:
    token, _ = token_create(name="importer", scopes=["data:read"], expires_at=timezone.now() + timedelta(days=1))
    page = admin_client.get(f"{TOKENS}{token.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert admin_client.post(f"{TOKENS}{token.pk}/change/", {"name": "other"}).status_code == 403
    assert admin_client.post(f"{TOKENS}{token.pk}/delete/", {"post": "yes"}).status_code == 403


def test_selected_tokens_are_revoked(admin_client: Client) -> None:
    tokens = [token_create(name=name, scopes=["data:read"]) for name in ("one", "two", "three")]
    chosen = [token.pk for token, _ in tokens[:2]]
    page = admin_client.post(TOKENS, {"action": "revoke", "_selected_action": chosen}, follow=True)
    assert "2 tokens are revoked." in page.content.decode()
    assert [token_authenticate(raw=raw) is None for _, raw in tokens] == [True, True, False]


def test_alerts_are_read_only(admin_client: Client) -> None:
    alert = make_alert()
    alert.transitions.create(from_state="pending", to_state="firing", at=NOW, value=91)
    assert "CPU of web1" in admin_client.get("/admin/perfmon/alert/").content.decode()
    page = admin_client.get(f"/admin/perfmon/alert/{alert.pk}/change/")
    assert page.status_code == 200
    assert b'name="_save"' not in page.content
    assert admin_client.get("/admin/perfmon/alert/add/").status_code == 403
    assert admin_client.post(f"/admin/perfmon/alert/{alert.pk}/delete/", {"post": "yes"}).status_code == 403


def test_the_lists_make_no_query_per_row(admin_client: Client, django_assert_max_num_queries: object) -> None:
    for name in ("one", "two", "three", "four", "five", "six"):
        token_create(name=name, scopes=["data:read"])
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        admin_client.get(TOKENS)
