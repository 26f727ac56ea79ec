"""A Valkey that is away costs time and is counted: nothing fails, nothing old is shown, the database is not rushed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
import redis

from omniwriter.cache import cache_query, renew
from omniwriter.cache.keys import token_key
from omniwriter.cache.loading import State
from omniwriter.cache.outage import RETRY_S, outage
from tests.fixtures.servers import MortalValkey
from tests.waiting import eventually

Counted = Callable[[Any], Any]


def test_without_the_store_a_value_is_made_by_each_process_once_a_second(
    mortal_cache: MortalValkey, counted: Counted
) -> None:
    function = counted(7)
    cached = cache_query(name="test.away", namespaces=("lists",))(function)
    cached()
    mortal_cache.kill()
    before = outage.errors

    loaded = [cached.loaded() for _ in range(50)]

    assert [(value, state) for value, state in loaded] == [(7, State.BYPASS)] * 50
    assert function.calls == 2
    assert outage.errors == before + 1  # the others did not even ask


def test_it_comes_back_by_itself(mortal_cache: MortalValkey, counted: Counted) -> None:
    cached = cache_query(name="test.back", namespaces=("lists",))(counted(7))
    mortal_cache.kill()
    assert cached.loaded().state is State.BYPASS
    mortal_cache.start()

    eventually(lambda: cached.loaded().state is State.HIT, within_s=5 * RETRY_S)


@pytest.mark.parametrize("mortal_valkey", [True], indirect=True)
def test_a_change_made_while_it_is_away_is_seen_here_at_once_and_everywhere_when_it_is_back(
    mortal_cache: MortalValkey, counted: Counted
) -> None:
    values = iter(["old", "between", *["new"] * 9])
    cached = cache_query(name="test.owed", namespaces=("lists",))(counted(lambda: next(values)))
    assert cached() == "old"
    before = _tokens(mortal_cache)
    assert None not in before
    mortal_cache.kill()
    renew(["lists"])
    assert cached() == "between"
    mortal_cache.start()

    eventually(lambda: _tokens(mortal_cache)[0] not in (None, before[0]))  # made anew for all that may have missed it
    assert _tokens(mortal_cache)[1] == before[1]  # it did come back with what it had
    eventually(lambda: cached() == "new")  # this process leaves a store that was away alone for a second


def _tokens(server: MortalValkey) -> list[Any]:
    """Return the tokens of all namespaces together and of the lists, as the store has them."""
    with redis.Redis.from_url(f"{server.url}/2") as client:
        return [client.get(token_key("all")), client.get(token_key("lists"))]


def test_when_it_is_back_and_empty_a_value_is_made_once_and_not_by_everybody(
    mortal_cache: MortalValkey, counted: Counted
) -> None:
    calls: list[float] = []
    stop = threading.Event()
    failures: list[BaseException] = []

    @cache_query(name="test.crowd", namespaces=("lists",))
    def value() -> int:
        calls.append(time.monotonic())
        time.sleep(0.02)
        return 7

    def read() -> None:
        while not stop.is_set():
            try:
                assert value() == 7
            except BaseException as error:
                failures.append(error)
                return
            time.sleep(0.005)

    readers = [threading.Thread(target=read, daemon=True) for _ in range(16)]
    for reader in readers:
        reader.start()
    try:
        eventually(lambda: len(calls) == 1)
        mortal_cache.kill()
        away_at = time.monotonic()
        eventually(lambda: len(calls) >= 3)  # once a second
        mortal_cache.start()
        back_at = time.monotonic()
        eventually(lambda: value.loaded().state is State.HIT, within_s=5 * RETRY_S)
    finally:
        stop.set()
    for reader in readers:
        reader.join(5)

    assert not failures
    while_away = [at for at in calls if away_at <= at < back_at]
    assert len(while_away) <= (back_at - away_at) / RETRY_S + 2
    assert len([at for at in calls if at >= back_at]) <= 3  # the last second's own, and one for the store
