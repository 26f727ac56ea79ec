"""A call, and how it fails: against a real server, for each of the dialects."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from articles.enums import CallOutcome
from articles.providers import openai_compatible
from articles.providers.base import Endpoint, ProviderError, Usage
from articles.providers.calls import open_call
from tests.articles.providers.asking import TRACE_ID, ask, request_of, text_of
from tests.fixtures.dialects import DIALECTS, tokens_of
from tests.fixtures.fake_provider import FAILURES, PROSE, FakeProvider, all_closed, fake_provider_running
from tests.waiting import eventually


@pytest.fixture(params=sorted(DIALECTS))
def dialect(request: pytest.FixtureRequest) -> Iterator[FakeProvider]:
    """A provider of each dialect."""
    with fake_provider_running(request.param) as server:
        yield server


def error_from(endpoint: Endpoint, **changes: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(endpoint, request_of(**changes))
    return caught.value


# What comes back


def test_every_dialect_is_read_to_the_same_answer(dialect: FakeProvider) -> None:
    pieces = ask(dialect.endpoint())
    assert text_of(pieces) == PROSE
    assert pieces[-1].finish == "stop"
    assert pieces[-1].usage == Usage(5, len(tokens_of(PROSE)))
    assert pieces[-1].tokens == len(tokens_of(PROSE))
    assert pieces[-1].model == DIALECTS[dialect.dialect].model


def test_an_answer_that_was_cut_at_the_limit_says_so(dialect: FakeProvider) -> None:
    dialect.answer("Three short words", finish="length")
    assert ask(dialect.endpoint())[-1].finish == "length"


def test_an_answer_nobody_counted_still_ends(provider: FakeProvider) -> None:
    provider.answer("Some words.", counts=False)
    assert ask(provider.endpoint())[-1].usage is None


def test_words_come_as_they_are_written(provider: FakeProvider) -> None:
    provider.answer("one two three", tokens_per_s=4)
    call = open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID)
    first = call.next(5)
    assert first is not None
    assert first.text == "one"
    assert provider.chats[0].sent_tokens < 3
    call.close()


def test_nothing_within_the_wait_is_told_from_the_end(provider: FakeProvider) -> None:
    provider.fail("hang")
    call = open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID)
    assert call.next(0.01) is None
    call.close()
    with pytest.raises(StopIteration):
        call.next(0.01)


def test_a_slow_reader_holds_the_provider_up_and_loses_nothing(provider: FakeProvider) -> None:
    text = " word" * 2_000
    provider.answer(text)
    call = open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID)
    eventually(call._pieces.full)
    assert text_of(list(iter(lambda: _next(call), None))) == text


def _next(call: Any) -> Any:
    try:
        return call.next(5)
    except StopIteration:
        return None


# What is sent


def test_a_request_carries_what_it_was_given(provider: FakeProvider) -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    endpoint = provider.endpoint(key="sk-planted-0001", extra={"cache_prompt": True})
    ask(endpoint, request_of(temperature=0.3, stop=("END",), seed=7, json_schema=schema))
    sent = provider.chats[0]
    assert sent.headers["authorization"] == "Bearer sk-planted-0001"
    assert sent.headers["traceparent"].split("-")[1] == TRACE_ID
    assert sent.body["messages"] == [{"role": "user", "content": "Write about bread."}]
    wanted = {"model": "fake-1", "max_tokens": 100, "temperature": 0.3, "stop": ["END"], "seed": 7, "stream": True}
    assert sent.body.items() >= {**wanted, "cache_prompt": True}.items()
    assert sent.body["response_format"]["json_schema"]["schema"] == schema


def test_nothing_of_this_machine_is_told(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "planted")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Planted: planted")
    ask(provider.endpoint())
    headers = provider.chats[0].headers
    assert "planted" not in str(headers)
    assert "authorization" not in headers
    assert not [name for name in headers if name.startswith("x-")]


@pytest.mark.parametrize(("new", "name"), [(False, "max_tokens"), (True, "max_completion_tokens")])
def test_the_limit_has_the_name_that_the_server_knows(provider: FakeProvider, new: bool, name: str) -> None:
    ask(provider.endpoint(new_token_limit=new))
    assert provider.chats[0].body[name] == 100
    assert len({"max_tokens", "max_completion_tokens"} & provider.chats[0].body.keys()) == 1


def test_a_schema_is_not_sent_to_a_server_that_takes_none(provider: FakeProvider) -> None:
    ask(provider.endpoint(takes_schema=False), request_of(json_schema={"type": "object"}))
    assert "response_format" not in provider.chats[0].body


@pytest.mark.parametrize(("extra", "sent"), [({}, None), ({"repeat_penalty": 1.0}, 1.2)])
def test_a_penalty_goes_only_to_servers_that_know_it(
    provider: FakeProvider, extra: dict[str, Any], sent: float | None
) -> None:
    ask(provider.endpoint(extra=extra), request_of(repeat_penalty=1.2))
    assert provider.chats[0].body.get("repeat_penalty") == sent


def test_null_takes_a_field_away(provider: FakeProvider) -> None:
    ask(provider.endpoint(extra={"top_p": None}))
    assert "top_p" not in provider.chats[0].body


@pytest.mark.parametrize("field", ["stream_options", "seed", "top_p", "response_format"])
def test_a_server_that_does_not_know_a_field_is_asked_without_it_and_remembered(
    dialect: FakeProvider, field: str
) -> None:
    dialect.unknown_fields = frozenset({field})
    request = request_of(seed=7, json_schema={"type": "object"})
    dialect.answer("Some words.")
    assert text_of(ask(dialect.endpoint(), request)) == "Some words."
    assert [field in sent.body for sent in dialect.chats] == [True, False]
    ask(dialect.endpoint(), request)
    assert len(dialect.chats) == 3


def test_a_server_that_wants_the_newer_limit_gets_it(provider: FakeProvider) -> None:
    provider.unknown_fields = frozenset({"max_tokens"})
    ask(provider.endpoint())
    assert provider.chats[-1].body["max_completion_tokens"] == 100


def test_a_server_that_takes_neither_limit_is_not_asked_for_ever(provider: FakeProvider) -> None:
    provider.unknown_fields = frozenset({"max_tokens", "max_completion_tokens"})
    assert error_from(provider.endpoint()).outcome == CallOutcome.REJECTED
    assert len(provider.chats) <= 4


# What goes wrong


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, CallOutcome.REJECTED),
        (401, CallOutcome.KEY_REJECTED),
        (402, CallOutcome.KEY_REJECTED),
        (403, CallOutcome.KEY_REJECTED),
        (404, CallOutcome.REJECTED),
        (422, CallOutcome.REJECTED),
        (429, CallOutcome.BUSY),
        (500, CallOutcome.SERVER_ERROR),
        (503, CallOutcome.SERVER_ERROR),
        (529, CallOutcome.SERVER_ERROR),
        (302, CallOutcome.REJECTED),
    ],
)
def test_every_status_has_its_outcome(dialect: FakeProvider, status: int, outcome: CallOutcome) -> None:
    dialect.fail("status", status=status, headers={"Location": "http://127.0.0.1:1/v1"} if status == 302 else {})
    error = error_from(dialect.endpoint())
    assert (error.outcome, error.status_code) == (outcome, status)
    assert f"It failed with {status}." in error.message
    assert len(dialect.chats) == 1


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry-After": "7"}, 7),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25),
        ({"Retry-After": "Sun, 01 Mar 2026 12:00:09 GMT"}, 9),
        ({"Retry-After": "Sun, 01 Mar 2026 11:00:00 GMT"}, 0),
        ({"Retry-After": "soon"}, None),
        ({}, None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form(
    provider: FakeProvider, headers: dict[str, str], wait_s: float | None
) -> None:
    provider.fail("status", status=429, headers=headers)
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        error = error_from(provider.endpoint())
    assert error.retry_after_s == wait_s


def test_gemini_says_how_long_to_wait_in_its_answer(provider: FakeProvider) -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34s"}]
    body = [{"error": {"code": 429, "message": "Quota exceeded.", "status": "RESOURCE_EXHAUSTED", "details": details}}]
    provider.fail("status", status=429, error=body)
    assert error_from(provider.endpoint()).retry_after_s == 34


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}},
        [{"error": {"code": 400, "message": "API key not valid. Please pass a valid API key."}}],
    ],
)
def test_an_account_without_credit_and_a_key_in_disguise_are_matters_of_the_key(
    provider: FakeProvider, body: Any
) -> None:
    provider.fail("status", status=429 if isinstance(body, dict) else 400, error=body)
    assert error_from(provider.endpoint()).outcome == CallOutcome.KEY_REJECTED


def test_moderation_is_a_refusal_that_nobody_else_is_asked_about(dialect: FakeProvider) -> None:
    dialect.fail("refuse")
    error = error_from(dialect.endpoint())
    assert error.outcome == CallOutcome.REFUSED
    assert not error.elsewhere
    assert not error.is_fault


def test_moderation_that_comes_midway_is_a_refusal_too(dialect: FakeProvider) -> None:
    dialect.fail("refuse_midway")
    assert error_from(dialect.endpoint()).outcome == CallOutcome.REFUSED


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("cut", CallOutcome.BROKEN),
        ("malformed", CallOutcome.BROKEN),
        ("no_stream", CallOutcome.BROKEN),
        ("error_midway", CallOutcome.SERVER_ERROR),
    ],
)
def test_a_stream_that_goes_wrong_fails_the_call(dialect: FakeProvider, kind: str, outcome: CallOutcome) -> None:
    dialect.fail(kind)
    assert error_from(dialect.endpoint()).outcome == outcome


def test_words_that_came_before_a_failure_are_kept(provider: FakeProvider) -> None:
    provider.answer("one two three four")
    provider.fail("cut", after_tokens=2)
    call = open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID)
    assert [piece.text for piece in (call.next(5), call.next(5)) if piece] == ["one", " two"]
    with pytest.raises(ProviderError):
        call.next(5)
    with pytest.raises(StopIteration):
        call.next(5)


def test_nobody_who_listens_is_unreachable(provider: FakeProvider) -> None:
    endpoint = provider.endpoint(base_url="http://127.0.0.1:1/v1")
    error = error_from(endpoint)
    assert error.outcome == CallOutcome.UNREACHABLE
    assert error.is_fault


def test_a_host_that_nobody_knows_is_unreachable(provider: FakeProvider) -> None:
    error = error_from(provider.endpoint(base_url="http://nobody.invalid/v1"))
    assert (error.outcome, "nobody.invalid" in error.message) == (CallOutcome.UNREACHABLE, True)


def test_the_first_words_are_not_waited_for_for_ever(dialect: FakeProvider) -> None:
    dialect.fail("hang")
    assert error_from(dialect.endpoint(first_token_s=0.1)).outcome == CallOutcome.TIMEOUT
    all_closed(dialect)


def test_a_stream_that_stops_is_given_up(provider: FakeProvider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openai_compatible, "IDLE_S", 0.1)
    provider.fail("hang_midway")
    assert error_from(provider.endpoint()).message == "The answer stopped coming."
    all_closed(provider)


def test_the_whole_answer_has_its_limit(provider: FakeProvider) -> None:
    provider.answer(PROSE, tokens_per_s=20)
    assert error_from(provider.endpoint(total_s=0.3)).message == "The answer was not whole in time."
    all_closed(provider)


def test_every_failure_closes_its_connection(provider: FakeProvider) -> None:
    for kind in sorted(set(FAILURES) - {"hang", "hang_midway"}):
        provider.fail(kind)
        error_from(provider.endpoint())
    all_closed(provider)


# Closing


@pytest.mark.parametrize("kind", ["hang", "hang_midway", "slow"])
def test_closing_a_call_closes_its_connection_at_once(provider: FakeProvider, kind: str) -> None:
    if kind == "slow":
        provider.answer(PROSE, tokens_per_s=10)
    else:
        provider.fail(kind)
    call = open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID)
    eventually(lambda: provider.chats and (kind == "hang" or provider.chats[0].sent_tokens >= 3))
    call.close()
    call.close()
    all_closed(provider, within_s=1)
    assert provider.chats[0].closed_by_client


def test_a_call_that_is_closed_while_nobody_reads_it_lets_go(provider: FakeProvider) -> None:
    provider.answer(" word" * 2_000)
    call = open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID)
    eventually(call._pieces.full)
    call.close()
    all_closed(provider, within_s=1)


def test_a_call_that_is_closed_before_it_connects_asks_nobody(provider: FakeProvider) -> None:
    with fake_provider_running() as other:
        for _ in range(20):
            open_call(other.endpoint(), request_of(), trace_id=TRACE_ID).close()
        ask(other.endpoint())
        all_closed(other, within_s=1)


def test_many_calls_share_one_thread(provider: FakeProvider) -> None:
    provider.answer("one two three", tokens_per_s=50)
    calls = [open_call(provider.endpoint(), request_of(), trace_id=TRACE_ID) for _ in range(20)]
    assert [text_of(list(iter(lambda call=call: _next(call), None))) for call in calls] == ["one two three"] * 20
    assert sum(thread.name == "providers" for thread in threading.enumerate()) == 1
