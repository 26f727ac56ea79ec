"""POST /api/metrics: what is taken, what is refused, and that nothing of a refused call is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from perfmon.collector.merging import Collector
from perfmon.ingest import ingest
from perfmon.limits import calls_here, endpoints
from perfmon.series import SeriesKey, Windows
from perfmon.tokens import token_create
from perfmon.transport import local_queue
from perfmon.wire import merge_rows, unpack_process_window

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
URL = "/api/metrics"
GOOD: dict[str, Any] = {"endpoint": "/import/<id>/", "method": "POST", "response_time": 41.25, "status_code": 200}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(recording: None) -> Iterator[None]:
    """A frozen clock, and no limits used up by another test."""
    for limit in (cache, calls_here, endpoints):
        limit.clear()
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def client() -> Client:
    _, raw = token_create(name="importer", scopes=["metrics:write"])
    return Client(headers={"Authorization": f"Bearer {raw}"}, enforce_csrf_checks=True)


def post(client: Client, body: Any, **kwargs: Any) -> Any:
    data = body if isinstance(body, (bytes, str)) else json.dumps(body)
    return client.post(URL, data, **{"content_type": "application/json", **kwargs})


def recorded() -> dict[int, Windows]:
    """Flush, and return the requests that were sent to the collector since the last call, by second."""
    ingest.flush(SECOND)
    found: dict[int, Windows] = {}
    for message in local_queue().take():
        sent = unpack_process_window(message.packed)
        merge_rows(
            found.setdefault(sent.second, {}), {k: v for k, v in sent.rows.items() if k in ("request", "response")}
        )
    return {second: windows for second, windows in found.items() if windows}


def fields(response: Any) -> list[str]:
    assert response["Content-Type"] == "application/problem+json"
    assert recorded() == {}
    return [error["field"] for error in response.json()["errors"]]


def test_one_metric_is_counted_in_its_second(client: Client) -> None:
    response = post(client, GOOD)
    assert (response.status_code, response.json()) == (202, {"status": "success", "accepted": 1})
    windows = recorded()[SECOND]
    window = windows[SeriesKey("request", "POST /import/<id>/")]
    assert (window.count, window.errors, window.sum) == (1, 0, 41_250_000)
    assert SeriesKey("response", "POST /import/<id>/ 2xx") in windows


def test_a_batch_is_counted_each_metric_in_the_second_it_names(client: Client) -> None:
    late = {**GOOD, "timestamp": "2026-11-23T11:58:20Z", "status_code": 503}
    other_zone = {**GOOD, "timestamp": "2026-11-23T08:59:00.250-03:00"}
    response = post(client, {"metrics": [GOOD, late, other_zone]})
    assert response.json()["accepted"] == 3
    found = recorded()
    assert sorted(found) == [SECOND - 100, SECOND - 60, SECOND]
    assert found[SECOND - 100][SeriesKey("request", "POST /import/<id>/")].errors == 1


def test_a_clock_that_is_a_little_ahead_is_counted_now(client: Client) -> None:
    assert post(client, {**GOOD, "timestamp": (NOW + timedelta(seconds=4)).isoformat()}).status_code == 202
    assert list(recorded()) == [SECOND]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("endpoint", 7),
        ("endpoint", ""),
        ("endpoint", "/" + "a" * 200),
        ("endpoint", "/a b"),
        ("endpoint", "/a\n"),
        ("endpoint", "*"),
        ("endpoint", "/\ud800"),
        ("endpoint", None),
        ("method", "get"),
        ("method", "TEAPOT"),
        ("method", ["GET"]),
        ("response_time", "12"),
        ("response_time", -1),
        ("response_time", 600_001),
        ("response_time", float("nan")),
        ("response_time", float("inf")),
        ("response_time", True),
        ("response_time", None),
        ("response_time", 10**400),
        ("status_code", 99),
        ("status_code", 600),
        ("status_code", 200.5),
        ("status_code", "200"),
        ("status_code", True),
        ("timestamp", 1_800_000_000),
        ("timestamp", "yesterday"),
        ("timestamp", "2026-11-23T12:00:00"),
        ("timestamp", "2026-11-23T12:00:06Z"),
        ("timestamp", "2026-11-23T11:54:00Z"),
        ("timestamp", "0001-01-01T00:00:00+14:00"),
        ("timestamp", "9999-12-31T23:59:59-14:00"),
        ("user_id", "ana"),
        ("", 1),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(client: Client, field: str, value: Any) -> None:
    response = post(client, {"metrics": [GOOD, GOOD, GOOD, {**GOOD, field: value}]})
    assert response.status_code == 422
    assert fields(response) == [f"metrics[3].{field}"]


@pytest.mark.parametrize("field", ["endpoint", "method", "response_time", "status_code"])
def test_a_missing_field_is_named(client: Client, field: str) -> None:
    response = post(client, {name: value for name, value in GOOD.items() if name != field})
    assert response.status_code == 422
    assert fields(response) == [field]
    assert response.json()["errors"][0]["message"] == "is required"


def test_every_error_of_a_batch_is_named(client: Client) -> None:
    batch = [{**GOOD, "method": "X", "status_code": 0}, GOOD, {**GOOD, "response_time": "slow"}, 5]
    names = fields(post(client, {"metrics": batch}))
    assert names == ["metrics[0].method", "metrics[0].status_code", "metrics[2].response_time", "metrics[3]"]


@pytest.mark.parametrize("body", [None, [], "text", 7, True])
def test_a_body_that_is_no_object_is_refused(client: Client, body: Any) -> None:
    response = post(client, json.dumps(body))
    assert response.status_code == 422
    assert fields(response) == [""]


@pytest.mark.parametrize("metrics", [[], {}, None, "GET"])
def test_metrics_must_be_a_list_with_something_in_it(client: Client, metrics: Any) -> None:
    assert fields(post(client, {"metrics": metrics})) == ["metrics"]


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe\xff", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}"])
def test_a_body_that_is_no_json_is_refused(client: Client, body: bytes) -> None:
    response = post(client, body, CONTENT_TYPE="application/json")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert recorded() == {}


def test_ten_thousand_keys_are_refused_with_a_short_answer(client: Client) -> None:
    response = post(client, {**GOOD, **{f"key{number}": 1 for number in range(10_000)}})
    assert response.status_code == 422
    assert len(fields(response)) == 20
    assert response.json()["errors_left_off"] == 9_980
    assert len(response.content) < 5_000


def test_ten_megabytes_are_refused_before_they_are_read(client: Client) -> None:
    class Unread:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("the body was read")

        readline = read

    response = client.generic("POST", URL, b"", **{
        "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(10 * 1024 * 1024), "wsgi.input": Unread(),
    })  # fmt: skip
    assert response.status_code == 413
    assert "262144 bytes" in response.json()["detail"]


def test_more_metrics_than_one_call_may_carry_are_refused(client: Client) -> None:
    response = post(client, {"metrics": [GOOD] * 501})
    assert response.status_code == 422
    assert fields(response) == ["metrics"]


def test_other_content_types_are_refused(client: Client) -> None:
    assert post(client, "a=1", content_type="application/x-www-form-urlencoded").status_code == 415
    assert post(client, GOOD, content_type="application/json; charset=utf-8").status_code == 202


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_only_post_is_taken(client: Client, method: str) -> None:
    response = client.generic(method, URL)
    assert (response.status_code, response["Allow"]) == (405, "POST")


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer pm_short", "Bearer pm_" + "a" * 43, "Basic YTpi", "Bearer \xe9"]
)
def test_without_a_valid_token_nothing_is_taken(header: str) -> None:
    response = post(Client(headers={"Authorization": header} if header else {}), GOOD)
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert recorded() == {}


def test_a_token_for_something_else_is_refused() -> None:
    _, raw = token_create(name="reader", scopes=["data:read"])
    response = post(Client(headers={"Authorization": f"Bearer {raw}"}), GOOD)
    assert response.status_code == 403
    assert "metrics:write" in response.json()["detail"]


def test_a_staff_session_is_no_token(admin_client: Client) -> None:
    assert post(admin_client, GOOD).status_code == 401


def test_a_token_may_make_so_many_calls_a_minute(client: Client, settings: Any) -> None:
    settings.PERFMON = {**settings.PERFMON, "INGEST_RATE_PER_MIN": 2}
    first = post(client, GOOD)
    assert (first["RateLimit-Limit"], first["RateLimit-Remaining"], first["RateLimit-Reset"]) == ("2", "1", "60")
    post(client, GOOD)
    refused = post(client, GOOD)
    assert refused.status_code == 429
    assert (refused["Retry-After"], refused["RateLimit-Remaining"]) == ("60", "0")
    assert recorded()[SECOND][SeriesKey("request", "POST /import/<id>/")].count == 2
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert post(client, GOOD).status_code == 202


def test_the_rate_is_kept_per_token(client: Client, settings: Any) -> None:
    settings.PERFMON = {**settings.PERFMON, "INGEST_RATE_PER_MIN": 1}
    _, other = token_create(name="other", scopes=["metrics:write"])
    assert post(client, GOOD).status_code == 202
    assert post(Client(headers={"Authorization": f"Bearer {other}"}), GOOD).status_code == 202
    assert post(client, GOOD).status_code == 429


@pytest.mark.parametrize("backend", ["dummy.DummyCache", "redis.RedisCache"])
def test_the_rate_is_kept_in_this_process_when_the_cache_keeps_nothing(
    client: Client, settings: Any, backend: str
) -> None:
    away = {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {**settings.CACHES, "default": away}
    settings.PERFMON = {**settings.PERFMON, "INGEST_RATE_PER_MIN": 1}
    assert post(client, GOOD).status_code == 202
    assert post(client, GOOD).status_code == 429


def test_a_token_may_name_so_many_endpoints(client: Client, settings: Any) -> None:
    settings.PERFMON = {**settings.PERFMON, "MAX_ENDPOINTS": 3}
    batch = [{**GOOD, "endpoint": f"/articles/{number}"} for number in range(4)]
    response = post(client, {"metrics": batch})
    assert response.status_code == 422
    assert fields(response) == ["metrics[3].endpoint"]
    assert post(client, {"metrics": batch[:3]}).status_code == 202
    assert post(client, {"metrics": batch[:3]}).status_code == 202
    refused = post(client, batch[3])
    assert [error["field"] for error in refused.json()["errors"]] == ["endpoint"]


def test_nothing_is_taken_while_recording_is_off(client: Client, settings: Any) -> None:
    settings.PERFMON = {**settings.PERFMON, "ENABLED": False}
    assert post(client, GOOD).status_code == 503
    assert recorded() == {}


def test_what_is_sent_shows_in_the_dashboards_data(client: Client) -> None:
    post(client, {"metrics": [GOOD, {**GOOD, "status_code": 500}]})
    ingest.flush(SECOND)
    Collector().tick(NOW.timestamp())
    _, raw = token_create(name="reader", scopes=["data:read"])
    figures = Client(headers={"Authorization": f"Bearer {raw}"}).get("/api/dashboard/data").json()["current_metrics"]
    assert figures["error_rate"] == 0.5
    assert figures["avg_response_time"] == 41.25
