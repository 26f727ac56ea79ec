"""Which endpoint answers a request: one that writes its language, is well and has a place free."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.conf import settings

from articles.providers import breaker, health
from articles.providers.base import ChatRequest, Endpoint, NoEndpoint
from articles.providers.endpoints import endpoints, endpoints_of
from articles.providers.slots import USER_FULL, in_flight, slot_leave, slot_renew, slot_take
from articles.providers.strategies import Candidate, Tally, strategy_named

FULL_WAIT_S = 1.0  # until a place may be free; nobody can tell

_lock = threading.Lock()
_tally: Tally = {}


class Turn:
    """A place at an endpoint, held for one call; ``beat`` renews its lease of 6 s."""

    def __init__(self, endpoint: Endpoint, user_id: int, holder: str) -> None:
        self.endpoint = endpoint
        self._user_id, self._holder = user_id, holder

    def beat(self) -> None:
        """Say that the call is still going on."""
        slot_renew(self.endpoint, user_id=self._user_id, holder=self._holder)
        health.kept_up(self.endpoint, self._holder)

    def end(self) -> None:
        """Give the place back."""
        slot_leave(self.endpoint, user_id=self._user_id, holder=self._holder)
        health.let_go(self.endpoint, self._holder)


@contextmanager
def turn(request: ChatRequest, *, user_id: int, wanted: str = "", avoid: Collection[str] = ()) -> Iterator[Turn]:
    """Choose an endpoint and hold a place at it while the block runs; raises NoEndpoint.

    ``wanted`` names the one endpoint that is asked while it is connected. ``avoid`` are those that failed just now.
    """
    taken = _take(_able(request, wanted, endpoints_of(user_id)), avoid, user_id)
    try:
        yield taken
    finally:
        taken.end()


def endpoints_for(language: str, account_id: int | None = None) -> list[Endpoint]:
    """Return the endpoints that a text of that language is written by; the bundled one only where there is no other.

    With an account those that answer it; without one those that answer anybody.
    """
    return _writing(language, endpoints() if account_id is None else endpoints_of(account_id))


def any_writes(language: str) -> bool:
    """Whether any endpoint writes that language."""
    return bool(endpoints_for(language))


def _writing(language: str, connected: list[Endpoint]) -> list[Endpoint]:
    able = [endpoint for endpoint in connected if endpoint.writes(language)]
    return [endpoint for endpoint in able if not endpoint.bundled] or able


def _able(request: ChatRequest, wanted: str, connected: list[Endpoint]) -> list[Endpoint]:
    if not connected:
        raise NoEndpoint("none")
    chosen = [endpoint for endpoint in connected if endpoint.name == wanted and endpoint.writes(request.language)]
    able = chosen or ([] if any(e.name == wanted for e in connected) else _writing(request.language, connected))
    if not able:
        raise NoEndpoint("language")
    needed = request.estimated_tokens_in + request.max_tokens
    return [endpoint for endpoint in able if endpoint.context_tokens >= needed] or able


def _take(able: list[Endpoint], avoid: Collection[str], user_id: int) -> Turn:
    states, now = health.known(), time.time()
    left = {
        endpoint.name: endpoint
        for endpoint in able
        if endpoint.name not in avoid and breaker.admits(states.get(endpoint.name, breaker.State()), now)
    }
    is_full = False
    counts = in_flight(list(left))
    while left:
        endpoint = left.pop(_chosen(left, counts))
        holder = uuid.uuid4().hex
        full = slot_take(endpoint, user_id=user_id, holder=holder)
        if not full and health.admitted(endpoint, holder):
            return Turn(endpoint, user_id, holder)
        if not full:
            slot_leave(endpoint, user_id=user_id, holder=holder)
        is_full = is_full or bool(full)
        if full == USER_FULL:
            break
    if is_full:
        raise NoEndpoint("busy", retry_after_s=FULL_WAIT_S)
    raise NoEndpoint("unwell", retry_after_s=_wait_s(able))


def _chosen(left: dict[str, Endpoint], counts: dict[str, int]) -> str:
    global _tally
    candidates = [Candidate(name, endpoint.weight, counts[name]) for name, endpoint in left.items()]
    strategy = strategy_named(settings.LLM_STRATEGY)
    with _lock:
        name, _tally = strategy(candidates, _tally)
    return name


def _wait_s(able: list[Endpoint]) -> float:
    """Return when the first of them may be asked again; never at once, or the caller would ask in a circle."""
    states, now = health.known(), time.time()
    waits = [breaker.wait_s(states.get(endpoint.name, breaker.State()), now) for endpoint in able]
    return min(waits) or FULL_WAIT_S
