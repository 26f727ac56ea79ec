"""What is told of a call of a language model comes out as series by provider, and nothing of it is an HTTP call."""

from __future__ import annotations

import pytest

from perfmon import guard
from perfmon.context import muted
from perfmon.recorders.providers import record_provider_call
from perfmon.series import SeriesKey, Window
from tests.perfmon.recorders.collected import recorded

S = 10**9
pytestmark = pytest.mark.usefixtures("recording")


def test_an_answer_has_its_times_its_speed_its_tokens_and_its_cost():
    record_provider_call(
        provider="openai", outcome="ok", failed=False, duration_ns=5 * S, first_token_ns=S,
        tokens_in=700, tokens_out=201, cost_micro_usd=1_250,
    )  # fmt: skip
    windows = recorded()

    total = windows[SeriesKey("provider", "openai")]
    assert (total.count, total.errors, total.sum, total.histogram.count) == (1, 0, 5 * S, 1)
    assert windows[SeriesKey("provider_first", "openai")].sum == S
    assert windows[SeriesKey("provider_rate", "openai")].sum == 50_000  # 200 tokens in 4 s
    assert windows[SeriesKey("provider_tokens", "openai/in")] == Window(1, 0, 700, 700)
    assert windows[SeriesKey("provider_tokens", "openai/out")] == Window(1, 0, 201, 201)
    assert windows[SeriesKey("provider_cost", "openai")] == Window(1, 0, 1_250, 1_250)
    assert windows[SeriesKey("provider_end", "openai/ok")].count == 1
    assert windows[SeriesKey("provider", "*")].count == 1
    assert not any(key.kind.startswith("outgoing") for key in windows)


def test_a_call_without_a_token_has_neither_a_first_one_nor_a_speed():
    record_provider_call(provider="slow", outcome="timeout", failed=True, duration_ns=30 * S)
    windows = recorded()

    assert windows[SeriesKey("provider", "slow")].errors == 1
    assert windows[SeriesKey("provider_end", "slow/timeout")].count == 1
    assert not {key.kind for key in windows} & {"provider_first", "provider_rate"}


@pytest.mark.parametrize("tokens", [0, 1])
def test_a_single_token_has_no_speed(tokens):
    record_provider_call(provider="x", outcome="ok", failed=False, duration_ns=S, first_token_ns=S, tokens_out=tokens)
    assert SeriesKey("provider_rate", "x") not in recorded()


def test_a_name_with_a_slash_does_not_pass_for_another_key():
    record_provider_call(provider="a/in", outcome="ok", failed=False, duration_ns=S)
    assert SeriesKey("provider_tokens", "a-in/out") in recorded()


def test_perfmons_own_work_and_nonsense_are_left_out():
    with muted():
        record_provider_call(provider="x", outcome="ok", failed=False, duration_ns=S)
    assert recorded() == {}
    record_provider_call(provider=None, outcome="ok", failed=False, duration_ns=S)  # type: ignore[arg-type]
    assert guard.failures["provider"] == 1
