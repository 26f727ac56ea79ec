"""Changes that other processes make, heard over a real Valkey: passed on, acknowledged, and made up for after a gap."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import orjson
import pytest
import redis

from omniwriter.cache import cache_query, changes
from omniwriter.cache import subscriber as subscriber_module
from omniwriter.cache.generations import new_token
from omniwriter.cache.keys import channel, token_key
from omniwriter.cache.stores import get_store
from omniwriter.cache.subscriber import Subscriber
from tests.fixtures.servers import MortalValkey
from tests.waiting import eventually

Heard = list[tuple[str, ...]]


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What this process has heard of."""
    names: Heard = []
    monkeypatch.setattr(changes, "_listeners", [names.append])
    return names


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    """A subscriber, stopped when the test ends."""
    made = Subscriber()
    yield made
    made.stop()


@pytest.fixture
def listening(valkey_cache: redis.Redis, heard: Heard, subscriber: Subscriber) -> redis.Redis:
    """A client of a Valkey that this process listens to; what begins to be heard counts as changed altogether."""
    subscriber.start()
    eventually(lambda: subscriber.hears_all)
    assert heard == [("all",)]
    heard.clear()
    return valkey_cache


def publish(client: redis.Redis, names: list[str]) -> str:
    """Tell of a change as another process would; returns the list that acknowledgements go to."""
    acks = f"{channel()}:test"
    assert client.publish(channel(), orjson.dumps({"names": names, "acks": acks})) == 1
    return acks


def test_a_change_is_passed_on_before_it_is_acknowledged(listening: redis.Redis, heard: Heard) -> None:
    acks = publish(listening, ["articles", "article:7"])

    assert listening.blpop([acks], 5)
    assert heard == [("articles", "article:7")]


def test_an_acknowledgement_nobody_waits_for_goes_away(listening: redis.Redis) -> None:
    acks = publish(listening, ["articles"])

    eventually(lambda: 0 < listening.pttl(acks) <= 5_000)


def test_a_listener_that_fails_keeps_nobody_from_hearing(
    listening: redis.Redis, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(names: tuple[str, ...]) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(changes, "_listeners", [fail, heard.append])

    assert listening.blpop([publish(listening, ["articles"])], 5)
    assert heard == [("articles",)]


def test_words_that_are_no_message_may_mean_anything(listening: redis.Redis, heard: Heard) -> None:
    for words in (b"?", b"[]", b"{}", b'{"names": 1, "acks": "a"}'):
        listening.publish(channel(), words)

    eventually(lambda: heard == [("all",)] * 4)


def test_who_tells_of_a_change_waits_for_every_process(listening: redis.Redis, heard: Heard) -> None:
    changes.tell_changed(["articles"])

    assert heard == [("articles",)] * 2  # once directly, once as one of those who listen
    assert not [key for key in listening.keys("*") if b"changed" in key]


def test_a_valkey_that_goes_away_and_returns_means_that_all_may_have_changed(
    mortal_cache: MortalValkey, heard: Heard, subscriber: Subscriber
) -> None:
    subscriber.start()
    eventually(lambda: subscriber.hears_all)

    mortal_cache.kill()
    eventually(lambda: not subscriber.hears_all)
    heard.clear()
    mortal_cache.start()
    eventually(lambda: subscriber.hears_all)

    assert set(heard) == {("all",)}


def test_a_valkey_that_hangs_is_noticed(mortal_cache: MortalValkey, subscriber: Subscriber) -> None:
    subscriber.start()
    eventually(lambda: subscriber.hears_all)

    os.kill(mortal_cache.running.child.pid, signal.SIGSTOP)
    try:
        eventually(lambda: not subscriber.hears_all)
    finally:
        os.kill(mortal_cache.running.child.pid, signal.SIGCONT)
    eventually(lambda: subscriber.hears_all)


def test_without_valkey_a_process_is_alone_and_hears_all_there_is(subscriber: Subscriber) -> None:
    subscriber.start()

    assert subscriber.hears_all


def test_a_forked_child_listens_only_when_it_is_started_again(valkey_cache: redis.Redis) -> None:
    everyone = subscriber_module.subscriber
    everyone.start()
    try:
        eventually(lambda: everyone.hears_all)
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            before = everyone.hears_all
            everyone.start()
            eventually(lambda: everyone.hears_all)
            os.write(writer, f"{before} {everyone.hears_all}".encode())
            os._exit(0)
        os.waitpid(child, 0)

        assert os.read(reader, 100) == b"False True"
        assert everyone.hears_all
    finally:
        everyone.stop()


def test_a_stopped_subscriber_hears_nothing_more(listening: redis.Redis, subscriber: Subscriber) -> None:
    subscriber.stop()

    assert not subscriber.hears_all
    assert listening.publish(channel(), b"{}") == 0


def test_what_is_made_between_another_processs_change_and_its_message_is_not_old(valkey_cache: redis.Redis) -> None:
    source = ["old"]

    @cache_query(name="test.inner", namespaces=("lists",), local_s=60)
    def inner() -> str:
        return source[0]

    @cache_query(name="test.outer", namespaces=("lists",))
    def outer() -> str:
        return inner()

    inner()
    source[0] = "new"
    get_store().put({token_key("lists"): new_token(None)})  # as another process does first; its message is on the way

    assert outer() == "new"
