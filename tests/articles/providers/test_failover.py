"""Two providers, one of which fails: answers come from the other, and the first is taken back once it is well.

Against real servers, with the health in Valkey, in this process, and in a Valkey that goes away in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from django.test import override_settings

from articles.enums import CallOutcome
from articles.providers import board, breaker, health
from articles.providers.base import NoEndpoint, ProviderError
from articles.providers.endpoints import endpoint_named
from articles.providers.router import turn
from articles.signals import endpoint_state_changed
from tests.articles.providers.asking import ask_anyone, request_of, text_of
from tests.fixtures.fake_provider import PROSE, FakeProvider, all_closed
from tests.fixtures.servers import MortalValkey

pytestmark = pytest.mark.django_db
START = 1_800_000_000


@pytest.fixture
def pair(provider: FakeProvider, other_provider: FakeProvider) -> Iterator[tuple[FakeProvider, FakeProvider]]:
    """Both connected, asked in turn."""
    entries = [provider.entry("one", first_token_s=1), other_provider.entry("two")]
    with override_settings(LLM_ENDPOINTS=entries, LLM_STRATEGY="round_robin"):
        yield provider, other_provider


@pytest.fixture(params=["", "valkey_url"], ids=["memory", "valkey"])
def _shared(request: pytest.FixtureRequest) -> Iterator[None]:
    with override_settings(REDIS_URL=request.getfixturevalue(request.param) if request.param else ""):
        yield


@pytest.fixture
def told() -> Iterator[list[tuple[str, str]]]:
    """What listeners are told of breakers."""
    heard: list[tuple[str, str]] = []

    def listen(name: str, state: str, **_: Any) -> None:
        heard.append((name, state))

    endpoint_state_changed.connect(listen)
    yield heard
    endpoint_state_changed.disconnect(listen)


def states() -> dict[str, str]:
    return {state.name: state.state for state in health.states()}


@pytest.mark.usefixtures("_shared")
@pytest.mark.parametrize("failure", [{"kind": "status", "status": 500}, {"kind": "hang"}, {"kind": "cut"}], ids=str)
def test_every_answer_comes_though_one_of_two_fails_and_the_breaker_opens_and_closes(
    pair: tuple[FakeProvider, FakeProvider], failure: dict[str, Any], told: list[tuple[str, str]]
) -> None:
    one, two = pair
    one.fail(**failure, after_tokens=0)
    with time_machine.travel(START, tick=False) as clock:
        answers = [ask_anyone() for _ in range(12)]
        assert [text_of(pieces) for _, pieces in answers] == [PROSE] * 12
        assert {name for name, _ in answers} == {"two"}
        assert len(one.chats) == breaker.IN_A_ROW  # then nobody waited for it any more
        assert states() == {"one": "open", "two": "closed"}
        one.mend()
        clock.shift(breaker.COOL_DOWN_S - 1)
        assert ask_anyone()[0] == "two"
        clock.shift(1)
        assert {ask_anyone()[0] for _ in range(4)} == {"one", "two"}
    assert states() == {"one": "closed", "two": "closed"}
    assert told == [("one", "open"), ("one", "half_open"), ("one", "closed")]
    all_closed(one, two)


@pytest.mark.usefixtures("_shared")
def test_too_many_calls_are_waited_out_to_the_second_and_meanwhile_the_other_answers(
    pair: tuple[FakeProvider, FakeProvider],
) -> None:
    one, two = pair
    one.fail("status", status=429, headers={"Retry-After": "3"}, times=1)
    with time_machine.travel(START, tick=False) as clock:
        assert [ask_anyone()[0] for _ in range(4)] == ["two"] * 4
        assert len(one.chats) == 1
        assert states() == {"one": "closed", "two": "closed"}
        two.fail("status", status=500)
        for _ in range(3):
            with pytest.raises(NoEndpoint):
                ask_anyone()
        clock.shift(2.99)
        with pytest.raises(NoEndpoint) as caught:
            ask_anyone()
        assert caught.value.retry_after_s == pytest.approx(0.01, abs=0.001)
        clock.shift(0.01)
        assert ask_anyone()[0] == "one"


@pytest.mark.usefixtures("_shared")
def test_of_many_who_ask_at_once_one_finds_out(pair: tuple[FakeProvider, FakeProvider]) -> None:
    endpoint = endpoint_named("one")
    assert endpoint is not None
    crashed = ProviderError(CallOutcome.SERVER_ERROR, "It crashed.")
    with ThreadPoolExecutor(8) as threads:
        with time_machine.travel(START, tick=False):
            list(threads.map(lambda _: health.failed(endpoint, crashed), range(24)))
            assert health.known()["one"].in_a_row == 24  # none of them was lost
        with time_machine.travel(START + 5, tick=False):
            admitted = list(threads.map(lambda caller: health.admitted(endpoint, str(caller)), range(24)))
    assert sum(admitted) == 1


@pytest.mark.usefixtures("_shared")
def test_places_are_never_given_out_twice(pair: tuple[FakeProvider, FakeProvider]) -> None:
    def ask(user: int) -> bool:
        try:
            with turn(request_of(), user_id=user):
                return barrier(user)
        except NoEndpoint:
            return False

    def barrier(_: int) -> bool:
        most.append(sum(state.in_flight for state in health.states()))
        return True

    most: list[int] = []
    entries = [{"name": "one", "base_url": "http://x/v1", "model": "m", "max_in_flight": 3}]
    with override_settings(LLM_ENDPOINTS=entries), ThreadPoolExecutor(16) as threads:
        assert any(threads.map(ask, range(64)))
    assert 1 <= max(most) <= 3
    assert health.states()[0].in_flight == 0


def test_valkey_that_goes_away_and_comes_back_holds_nobody_up(
    pair: tuple[FakeProvider, FakeProvider], mortal_valkey: MortalValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "_AWAY_S", 0.0)
    with override_settings(REDIS_URL=mortal_valkey.url):
        with turn(request_of(), user_id=1) as taken:
            mortal_valkey.kill()
            taken.beat()
            assert ask_anyone(request_of())[1]
            assert states() == {"one": "closed", "two": "closed"}
            mortal_valkey.start()
            taken.beat()
            assert sum(state.in_flight for state in health.states()) == 1
        assert sum(state.in_flight for state in health.states()) == 0
