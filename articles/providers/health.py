"""How the endpoints are: what calls and checks found out, known to all workers."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from articles.enums import CallOutcome
from articles.providers import breaker
from articles.providers.base import Endpoint, ProviderError
from articles.providers.board import on_board
from articles.providers.breaker import State
from articles.providers.endpoints import endpoints
from articles.providers.slots import in_flight
from articles.signals import endpoint_state_changed

#: How long a provider that has too many calls, and does not say for how long, is left alone.
BUSY_S = 5.0
_MOST_SWAPS = 50


class EndpointState(NamedTuple):
    """How an endpoint is. ``retry_at`` is when it may be asked again, None when it may be now."""

    name: str
    state: str
    since: datetime | None
    in_flight: int
    error: str
    error_at: datetime | None
    retry_at: datetime | None


def succeeded(endpoint: Endpoint) -> None:
    """Note that a call went well."""
    now = time.time()
    _change(endpoint.name, lambda state: breaker.after_success(state, now))


def failed(endpoint: Endpoint, error: ProviderError) -> None:
    """Note that a call failed: as the endpoint's fault, as a wish to be left alone, or as no matter of its health."""
    now, words = time.time(), error.message
    is_final = error.outcome == CallOutcome.KEY_REJECTED
    wish_s = BUSY_S if error.retry_after_s is None and error.outcome == CallOutcome.BUSY else error.retry_after_s

    def change(state: State) -> State:
        if error.is_fault:
            state = breaker.after_fault(state, now, words, is_final=is_final)
        return state if wish_s is None else breaker.after_wish(state, now, words, wish_s)

    _change(endpoint.name, change)


def answered(endpoint: Endpoint) -> None:
    """Note that it answers a check."""
    now = time.time()
    _change(endpoint.name, lambda state: breaker.after_check(state, now))


def forget(name: str) -> None:
    """Take it for well again: somebody has changed how it is reached."""
    now = time.time()
    _change(name, lambda state: State(since=now))


def admitted(endpoint: Endpoint, caller: str) -> bool:
    """Let a call pass if the breaker does; when half open, one alone."""
    now = time.time()
    passed = False

    def change(state: State) -> State:
        nonlocal passed
        passed = breaker.admits(state, now)
        return breaker.admit(state, now, caller) if passed else state

    _change(endpoint.name, change)
    return passed


def kept_up(endpoint: Endpoint, caller: str) -> None:
    """Note that a call is still at it."""
    now = time.time()
    _change(endpoint.name, lambda state: breaker.kept_up(state, now, caller))


def let_go(endpoint: Endpoint, caller: str) -> None:
    """Note that a call is over, whatever it found out."""
    _change(endpoint.name, lambda state: breaker.let_go(state, caller))


def known() -> dict[str, State]:
    """Return what is known of each endpoint; of one that nobody has asked yet, nothing."""
    return {name: _state(text) for name, text in on_board(lambda board: board.read()).items()}


def states() -> list[EndpointState]:
    """Return how each endpoint in use is."""
    names = [endpoint.name for endpoint in endpoints()]
    found, counts, now = known(), in_flight(names), time.time()
    return [_shown(name, found.get(name, State()), counts[name], now) for name in names]


def _shown(name: str, state: State, count: int, now: float) -> EndpointState:
    wait_s = breaker.wait_s(state, now)
    retry_at = _time(now + wait_s) if wait_s else None
    where = breaker.state_at(state, now)
    return EndpointState(name, where, _time(state.since), count, state.error, _time(state.error_at), retry_at)


def _time(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _change(name: str, change: Callable[[State], State]) -> None:
    """Apply a change to what is known now, again if another worker was faster; tell who listens of a new state."""
    for _ in range(_MOST_SWAPS):
        held = on_board(lambda board: board.read().get(name, ""))
        before = _state(held)
        after = change(before)
        if after == before:
            return
        text = json.dumps(breaker.packed(after))
        if on_board(lambda board, held=held, text=text: board.swap(name, held, text)):  # type: ignore[misc]
            if after.state != before.state:
                endpoint_state_changed.send(sender=None, name=name, state=after.state)
            return


def _state(text: str) -> State:
    return breaker.unpacked(json.loads(text)) if text else State()
