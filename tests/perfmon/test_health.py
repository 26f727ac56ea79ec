"""Health: alive whatever happens elsewhere, ready when the vital parts are, and never slow to say so."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import Client

from perfmon import health


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> Iterator[None]:
    """No Valkey, and nothing remembered from another test."""
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False}
    health._applied.clear()
    yield
    health._applied.clear()


@pytest.fixture
def database_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """New connections are refused, as by a server that is gone."""

    def refuse(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("connection to server at 10.0.0.7 failed: password=secret")

    monkeypatch.setattr(BaseDatabaseWrapper, "ensure_connection", refuse)


def test_alive_is_said_without_the_database(client: Client) -> None:
    response = client.get("/health/live")  # without the django_db mark any query would fail
    assert (response.status_code, response.json()) == (200, {"status": "alive"})
    assert response["Cache-Control"] == "no-store"


def test_an_outage_of_the_database_makes_no_process_look_dead(client: Client, database_down: None) -> None:
    assert client.get("/health/live").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_ready_when_the_database_answers_and_is_migrated(client: Client) -> None:
    response = client.get("/health/ready")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "degraded": False})


@pytest.mark.django_db(transaction=True)
def test_every_part_tells_its_state_and_its_milliseconds(client: Client) -> None:
    body = client.get("/health").json()
    assert body["status"] == "ok"
    assert set(body["parts"]) == {"database", "migrations"}
    assert all(part["state"] == "ok" and 0 <= part["ms"] < 2000 for part in body["parts"].values())


def test_without_the_database_it_is_not_ready_and_says_nothing_private(client: Client, database_down: None) -> None:
    ready, overview = client.get("/health/ready"), client.get("/health")
    assert ready.status_code == overview.status_code == 503
    assert ready["Content-Type"] == "application/problem+json"
    assert ready["Retry-After"] == "5"
    assert ready.json()["detail"] == "Not ready: database, migrations."
    assert overview.json()["status"] == "down"
    assert b"secret" not in ready.content + overview.content
    assert b"10.0.0.7" not in ready.content + overview.content


@pytest.mark.django_db(transaction=True)
def test_a_migration_that_is_not_applied_keeps_traffic_away(client: Client) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'perfmon'")
    try:
        response = client.get("/health/ready")
        assert response.status_code == 503
        assert response.json()["parts"]["migrations"]["state"] == "down"
        assert response.json()["parts"]["database"]["state"] == "ok"
    finally:
        from django.core.management import call_command

        call_command("migrate", "perfmon", fake=True, verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_a_running_valkey_is_one_of_the_parts(client: Client, settings: Any, valkey_url: str) -> None:
    settings.PERFMON = {"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False}
    body = client.get("/health").json()
    assert body["parts"]["valkey"]["state"] == "ok"
    assert body["status"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_without_valkey_it_is_degraded_and_still_ready(client: Client, settings: Any) -> None:
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1", "LOCAL_COLLECTOR": False}
    assert client.get("/health").json()["status"] == "degraded"
    ready = client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "degraded": True})


def test_a_part_that_never_answers_is_down_within_the_time_limit(client: Client, monkeypatch: Any) -> None:
    release = threading.Event()
    asked: list[int] = []
    ended: list[bool] = []

    def hang() -> bool:
        asked.append(1)
        ended.append(release.wait(60))
        return True

    monkeypatch.setattr(health, "TIMEOUT_S", 0.2)
    monkeypatch.setattr(health, "PARTS", (health.Part("database", vital=True, check=hang),))
    answers = [client.get("/health") for _ in range(3)]
    assert not ended  # nobody waited for it
    release.set()
    assert [answer.status_code for answer in answers] == [503] * 3
    assert len(asked) == 1  # the others joined the question that was open


def added_parts() -> list[health.Part]:
    """What a project might add."""
    return [
        health.Part("mirror", vital=False, check=lambda: False, detail=lambda: "late"),
        health.Part("printer", vital=False, check=lambda: True),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_project_adds_parts_of_its_own_with_a_word_about_each(client: Client, settings: Any) -> None:
    settings.PERFMON = settings.PERFMON | {"HEALTH_PARTS": [f"{__name__}.added_parts"]}

    body = client.get("/health").json()

    assert body["status"] == "degraded"
    assert (body["parts"]["mirror"]["state"], body["parts"]["mirror"]["detail"]) == ("degraded", "late")
    assert set(body["parts"]["printer"]) == {"state", "ms"}
    assert client.get("/health/ready").status_code == 200


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
def test_health_is_only_read(client: Client, path: str) -> None:
    response = client.post(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD")
