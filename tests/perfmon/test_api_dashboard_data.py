"""GET /api/dashboard/data: who may read it, the document's keys, and answers that cost nothing when nothing changed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client

from perfmon.alerts.models import Alert
from perfmon.series import NS_PER_MS, SeriesKey, Window
from perfmon.store.fine import block_reader, memory_store
from perfmon.tokens import token_create
from perfmon.wire import pack_block

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
URL = "/api/dashboard/data"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now(settings: Any) -> Iterator[time_machine.Traveller]:
    """An empty store and a frozen clock."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False}
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(get_user_model().objects.create_user("ana", password="x" * 12, is_staff=True))
    return client


def put(second: int, values_ms: list[float], errors: int = 0) -> None:
    """Store one second of requests."""
    window = Window()
    for number, value in enumerate(values_ms):
        window.add(round(value * NS_PER_MS), number < errors)
    windows = {SeriesKey("request", key): window for key in ("*", "GET /")}
    packed = pack_block(windows)
    memory_store().put({(1, second): packed, (10, second // 10 * 10): packed})
    block_reader.cache_clear()  # tests rewrite the past


def with_token(*scopes: str) -> Client:
    _, raw = token_create(name="reader", scopes=scopes)
    return Client(headers={"Authorization": f"Bearer {raw}"})


def test_the_documents_keys_and_units_are_kept(staff: Client) -> None:
    put(SECOND - 10, [10.0] * 90 + [500.0] * 10, errors=5)
    body = staff.get(URL).json()
    assert set(body) == {"schema_version", "range", "current_metrics", "trends", "alerts", "timestamp"}
    assert (body["schema_version"], body["range"]) == (1, "5m")
    figures = body["current_metrics"]
    assert figures["avg_response_time"] == 59
    assert figures["p95_response_time"] == pytest.approx(500, rel=0.01)
    assert figures["error_rate"] == 0.05
    assert figures["throughput"] == pytest.approx(100 / 300, rel=0.02)
    assert body["timestamp"] == "2026-11-23T12:00:00.000+00:00"


def test_no_data_is_a_well_formed_document(staff: Client) -> None:
    body = staff.get(URL).json()
    assert body["current_metrics"] == {
        "avg_response_time": None,
        "p95_response_time": None,
        "error_rate": None,
        "throughput": 0.0,
    }
    assert body["trends"] == {"response_time_trend": None, "trend_direction": "unknown"}
    assert body["alerts"] == []


@pytest.mark.parametrize(
    ("before_ms", "after_ms", "direction"), [(100, 200, "degrading"), (200, 100, "improving"), (100, 102, "stable")]
)
def test_the_trend_compares_the_range_with_the_one_before(
    staff: Client, before_ms: float, after_ms: float, direction: str
) -> None:
    put(SECOND - 400, [before_ms] * 50)
    put(SECOND - 100, [after_ms] * 50)
    trends = staff.get(URL).json()["trends"]
    assert trends["trend_direction"] == direction
    assert trends["response_time_trend"] == pytest.approx(100 * (after_ms / before_ms - 1), abs=2)


def test_the_last_ten_alerts_are_listed_with_the_documents_keys(staff: Client) -> None:
    for number in range(12):
        Alert.objects.create(
            rule="high_cpu", severity="warning", scope=f"web{number}", state="firing", pending_at=NOW, fired_at=NOW,
            evaluated_at=NOW, value=91.234, peak=92, limit=80, unit="%", window_s=60,
        )  # fmt: skip
    listed = staff.get(URL).json()["alerts"]
    assert len(listed) == 10
    assert {"type", "message", "timestamp", "severity"} <= set(listed[0])
    assert listed[0]["type"] == "high_cpu"
    assert "91.2%" in listed[0]["message"]
    assert listed[0]["timestamp"] == "2026-11-23T12:00:00.000+00:00"


def test_a_range_may_be_chosen(staff: Client) -> None:
    assert staff.get(URL, {"range": "1h"}).json()["range"] == "1h"


@pytest.mark.parametrize("query", [{"range": "2w"}, {"range": ""}, {"range": "5m' OR 1"}])
def test_an_unknown_range_is_refused_and_the_known_ones_named(staff: Client, query: dict[str, str]) -> None:
    response = staff.get(URL, query)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    (error,) = response.json()["errors"]
    assert error["field"] == "range"
    assert "5m, 1h, 6h" in error["message"]


def test_an_unchanged_document_is_answered_without_a_body(staff: Client, now: time_machine.Traveller) -> None:
    first = staff.get(URL)
    assert first["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Authorization"} <= {name.strip() for name in first["Vary"].split(",")}
    now.shift(1)
    again = staff.get(URL, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    put(SECOND, [20.0])
    changed = staff.get(URL, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


def test_a_topic_gives_the_payload_of_its_frames(staff: Client) -> None:
    from perfmon.panels.topics import payload

    response = staff.get(URL, {"topic": "overview/5m"})
    expected = payload("overview/5m", NOW.timestamp())
    assert response.status_code == 200
    assert set(response.json()) == set(expected)
    assert response.json()["topic"] == "overview/5m"
    assert response.json()["panels"].keys() == expected["panels"].keys()
    again = staff.get(URL, {"topic": "overview/5m"}, headers={"If-None-Match": response["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("query", "field"),
    [({"topic": "nothing/5m"}, "topic"), ({"topic": ""}, "topic"), ({"topic": "overview/5m", "range": "1h"}, "range")],
)
def test_an_unknown_topic_is_refused(staff: Client, query: dict[str, str], field: str) -> None:
    response = staff.get(URL, query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field


def test_visitors_are_told_how_to_get_in(client: Client) -> None:
    response = client.get(URL)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert "data:read" in response.json()["detail"]


def test_an_account_without_the_right_is_refused(client: Client) -> None:
    client.force_login(get_user_model().objects.create_user("bo", password="x" * 12))
    assert client.get(URL).status_code == 403


def test_the_permission_alone_is_enough(client: Client) -> None:
    user = get_user_model().objects.create_user("bo", password="x" * 12)
    user.user_permissions.add(Permission.objects.get(codename="view_dashboard", content_type__app_label="perfmon"))
    client.force_login(user)
    assert client.get(URL).status_code == 200


def test_a_token_reads_it_when_its_scope_says_so() -> None:
    assert with_token("data:read").get(URL).status_code == 200
    assert with_token("metrics:write", "live:read").get(URL).status_code == 403


def test_a_bad_token_is_not_saved_by_a_session(staff: Client) -> None:
    assert staff.get(URL, headers={"Authorization": "Bearer pm_nothing"}).status_code == 401


def test_a_store_that_cannot_be_read_is_said_and_may_be_tried_again(staff: Client, settings: Any) -> None:
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1", "LOCAL_COLLECTOR": False}
    response = staff.get(URL)
    assert (response.status_code, response["Retry-After"]) == (503, "5")
    assert response["Content-Type"] == "application/problem+json"
    assert "127.0.0.1" not in response.json()["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_it_is_only_read(staff: Client, method: str) -> None:
    response = staff.generic(method, URL)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
