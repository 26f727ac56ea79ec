"""Asking who is quiet or unwell whether it is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from articles.enums import CallOutcome
from articles.providers import health
from articles.providers.base import Endpoint, ProviderError
from articles.providers.endpoints import endpoint_named
from articles.providers.probing import endpoints_probe, models_of
from tests.fixtures.fake_provider import FakeProvider, all_closed

pytestmark = pytest.mark.django_db
CRASHED = ProviderError(CallOutcome.SERVER_ERROR, "It crashed.", status_code=500)


@pytest.fixture
def clock() -> Iterator[Any]:
    """A clock that stands."""
    with time_machine.travel(1_800_000_000, tick=False) as traveller:
        yield traveller


@pytest.fixture
def endpoint(provider: FakeProvider, clock: Any) -> Iterator[Endpoint]:
    """The one endpoint, which was heard of just now."""
    with override_settings(LLM_ENDPOINTS=[provider.entry("one", key="sk-planted-0001")]):
        found = endpoint_named("one")
        assert found is not None
        health.succeeded(found)
        yield found


def state() -> str:
    (only,) = health.states()
    return only.state


def open_it(endpoint: Endpoint) -> None:
    for _ in range(3):
        health.failed(endpoint, CRASHED)
    assert state() == "open"


def test_who_is_at_work_is_not_asked(endpoint: Endpoint, provider: FakeProvider) -> None:
    assert endpoints_probe() == {}
    assert not provider.requests


def test_who_was_quiet_for_a_minute_is_asked_for_its_models_with_its_key(
    endpoint: Endpoint, provider: FakeProvider, clock: Any
) -> None:
    clock.shift(60)
    assert endpoints_probe() == {"one": ""}
    assert [(request.method, request.path) for request in provider.requests] == [("GET", "/v1/models")]
    assert provider.requests[0].headers["authorization"] == "Bearer sk-planted-0001"
    assert endpoints_probe() == {}
    all_closed(provider)


def test_who_answers_again_may_be_tried_before_its_cool_down_is_over(endpoint: Endpoint) -> None:
    open_it(endpoint)
    endpoints_probe()
    assert state() == "half_open"


def test_who_still_fails_when_its_cool_down_is_over_is_left_alone_for_longer(
    endpoint: Endpoint, provider: FakeProvider, clock: Any
) -> None:
    open_it(endpoint)
    provider.fail("status", status=503)
    clock.shift(5)
    assert state() == "half_open"
    assert "503" in endpoints_probe()["one"]
    assert state() == "open"
    clock.shift(9)
    assert state() == "open"
    clock.shift(1)
    assert state() == "half_open"


def test_a_quiet_one_that_is_gone_opens_without_a_reader_having_waited_for_it(
    endpoint: Endpoint, provider: FakeProvider, clock: Any
) -> None:
    provider.fail("status", status=500)
    for _ in range(3):
        clock.shift(60)
        endpoints_probe()
    assert state() == "open"


def test_a_key_that_was_withdrawn_is_found_out(endpoint: Endpoint, provider: FakeProvider, clock: Any) -> None:
    provider.key = "another"
    clock.shift(60)
    endpoints_probe()
    assert state() == "open"


def test_who_asked_to_be_left_alone_is(endpoint: Endpoint, provider: FakeProvider, clock: Any) -> None:
    health.failed(endpoint, ProviderError(CallOutcome.BUSY, "Too many.", retry_after_s=600))
    clock.shift(599)
    assert endpoints_probe() == {}


def test_a_server_without_such_a_list_is_there_too(endpoint: Endpoint, provider: FakeProvider, clock: Any) -> None:
    provider.fail("status", status=404)
    clock.shift(60)
    endpoints_probe()
    assert state() == "closed"


def test_models_are_listed_or_not(endpoint: Endpoint, provider: FakeProvider) -> None:
    assert models_of(endpoint) == ["fake-1"]
    provider.fail("status", status=500)
    assert models_of(endpoint) == []
