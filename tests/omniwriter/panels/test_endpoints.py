"""Breakers on the dashboard: what is said of each endpoint, and the line that says that one is not asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from articles.enums import CallOutcome
from articles.providers import board, health
from articles.providers.base import Endpoint, ProviderError
from articles.providers.endpoints import endpoints_forget
from omniwriter.llm.recorder import KIND
from perfmon.panels import topics
from perfmon.series import SeriesKey, Window
from perfmon.store import rollups
from tests.perfmon.panels.seeding import NOW, alive, store

pytestmark = pytest.mark.django_db
SECOND = int(NOW)
NEAR = Endpoint(name="near", base_url="http://near.invalid/v1", model="small")
FAR = Endpoint(name="far", base_url="http://far.invalid/v1", model="large")


@pytest.fixture(autouse=True)
def two(settings: Any, time_machine: Any) -> Iterator[None]:
    """Two endpoints of which nothing is known, and perfmon in this process with nothing stored."""
    settings.PERFMON = {
        "VALKEY_URL": "",
        "LOCAL_COLLECTOR": False,
        "EXTRA_PANELS": django_settings.PERFMON["EXTRA_PANELS"],
        "ATTENTION": django_settings.PERFMON["ATTENTION"],
    }
    settings.REDIS_URL = ""
    settings.LLM_ENDPOINTS = [{"name": one.name, "base_url": one.base_url, "model": one.model} for one in (NEAR, FAR)]
    rollups._ids.clear()
    board.memory.clear()
    endpoints_forget()
    time_machine.move_to(NOW, tick=False)
    yield
    board.memory.clear()
    endpoints_forget()


def fail(endpoint: Endpoint, outcome: CallOutcome = CallOutcome.SERVER_ERROR, times: int = 3, **values: Any) -> None:
    for _ in range(times):
        health.failed(endpoint, ProviderError(outcome, "It answered 500.", **values))


def rows() -> dict[str, Any]:
    payload = topics.payload("outgoing/5m", NOW)["panels"]["llm_endpoints"]
    return {row["name"]: row for row in payload["endpoints"]}


def notices() -> list[Any]:
    found = topics.payload("overview/5m", NOW)["panels"]["attention"]["notices"]
    return [(item["level"], item["text"]) for item in found if "provider" in item["text"]]


def test_an_endpoint_that_is_well_is_asked() -> None:
    row = rows()["near"]
    assert (row["state"], row["is_out"], row["in_flight"], row["opened"]) == ("is asked", False, "0", "0")
    assert (row["since"], row["retry_at"], row["error"]) == ("", "", "")
    assert notices() == []


def test_after_three_faults_it_is_not_asked_until_a_time_that_is_said(time_machine: Any) -> None:
    fail(FAR)
    row = rows()["far"]
    assert (row["state"], row["is_out"], row["error"]) == ("is not asked", True, "It answered 500.")
    assert (row["since"], row["retry_at"]) == ("2027-01-15T08:02:03+00:00", "2027-01-15T08:02:08+00:00")
    assert rows()["near"]["is_out"] is False
    time_machine.move_to(NOW + 6, tick=False)
    assert rows()["far"]["state"] == "the next call tries it"
    health.succeeded(FAR)
    assert health.admitted(FAR, "a call")
    health.succeeded(FAR)
    assert rows()["far"]["state"] == "is asked"


def test_one_that_has_too_many_calls_has_asked_for_a_pause() -> None:
    fail(FAR, CallOutcome.BUSY, times=1, retry_after_s=30)
    row = rows()["far"]
    assert (row["state"], row["is_out"], row["retry_at"]) == (
        "has asked for a pause",
        True,
        "2027-01-15T08:02:33+00:00",
    )
    assert notices() == []


def test_how_often_it_opened_in_the_range_is_counted() -> None:
    store({SECOND - 3: alive() | {SeriesKey(KIND, "far"): Window(4)}})
    assert rows()["far"]["opened"] == "4"


def test_the_first_lines_of_the_dashboard_say_that_others_write_meanwhile() -> None:
    fail(FAR)
    assert notices() == [
        ("warning", "The provider far is not asked for now, others write meanwhile: It answered 500."),
    ]


def test_with_none_left_the_line_is_critical() -> None:
    fail(FAR)
    fail(NEAR)
    assert [level for level, _text in notices()] == ["critical", "critical"]
    assert notices()[0][1] == (
        "The provider near is not asked for now. No other is left, so nothing is written: It answered 500."
    )


def test_the_page_shows_it_and_where_to_connect_one(client: Client, settings: Any, time_machine: Any) -> None:
    client.force_login(User.objects.create_user("ops", is_staff=True))
    fail(FAR)
    page = client.get("/dashboard/outgoing").content.decode()
    assert "Endpoints that write" in page
    assert "is not asked" in page
    settings.LLM_ENDPOINTS = []
    endpoints_forget()
    assert rows() == {}
    assert "LLM_ENDPOINTS" in client.get("/dashboard/outgoing").content.decode()
