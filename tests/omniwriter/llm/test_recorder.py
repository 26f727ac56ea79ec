"""A call that the ledger settled shows up on the dashboard, and so does a breaker that opened."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from articles.enums import CallOutcome
from articles.models import ProviderCall
from articles.providers.breaker import CLOSED, HALF_OPEN, OPEN
from articles.signals import endpoint_state_changed, provider_called
from omniwriter.llm.recorder import ProviderRecorder
from perfmon.series import SeriesKey, Window
from tests.perfmon.conftest import recording  # noqa: F401  a fixture
from tests.perfmon.recorders.collected import recorded


@pytest.fixture(autouse=True)
def recorder(recording: None) -> Any:  # noqa: F811
    """The recorder, as the settings name it."""
    found = ProviderRecorder()
    found.install()
    yield found
    found.uninstall()


def settle(**values: Any) -> None:
    call = ProviderCall(endpoint="openai", outcome=CallOutcome.OK, **values)
    provider_called.send(sender=ProviderCall, call=call)


def test_a_settled_call_is_told_with_its_times_tokens_and_cost() -> None:
    settle(duration_ms=5_000, first_token_ms=1_000, tokens_in=700, tokens_out=201, cost=Decimal("0.001250"))
    windows = recorded()
    assert windows[SeriesKey("provider", "openai")].sum == 5_000_000_000
    assert windows[SeriesKey("provider_first", "openai")].sum == 1_000_000_000
    assert windows[SeriesKey("provider_rate", "openai")].sum == 50_000
    assert windows[SeriesKey("provider_cost", "openai")] == Window(1, 0, 1_250, 1_250)


@pytest.mark.parametrize("outcome", CallOutcome)
def test_only_what_the_provider_is_to_blame_for_is_an_error(outcome: CallOutcome) -> None:
    call = ProviderCall(endpoint="openai", outcome=outcome)
    provider_called.send(sender=ProviderCall, call=call)
    ours = {"ok", "cut", "cancelled", "lost", "handed_over"}
    assert recorded()[SeriesKey("provider", "openai")].errors == int(outcome not in ours)


def test_a_breaker_counts_each_time_it_opens() -> None:
    for state in (OPEN, HALF_OPEN, OPEN, HALF_OPEN, CLOSED):
        endpoint_state_changed.send(sender=None, name="openai", state=state)
    assert recorded()[SeriesKey("breaker", "openai")].count == 2


def test_uninstalled_it_hears_of_nothing(recorder: ProviderRecorder) -> None:
    recorder.uninstall()
    settle()
    endpoint_state_changed.send(sender=None, name="openai", state=OPEN)
    assert recorded() == {}
