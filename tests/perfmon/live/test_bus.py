"""Both kinds of bus keep the same promises."""

from __future__ import annotations

import asyncio

import pytest
import redis

from perfmon.conf import Config
from perfmon.exceptions import TransportError
from perfmon.live.bus import Frame, LocalBus, get_bus
from perfmon.live.valkey import ValkeyBus
from perfmon.valkey import get_client


async def next_of(frames) -> Frame:
    """Return the next frame."""
    async with asyncio.timeout(5):
        return await anext(frames)


async def test_every_listener_receives_what_is_published(bus):
    async with bus.listen() as first, bus.listen() as second:
        await asyncio.to_thread(bus.publish, "endpoint/5m/GET /a b/", b'{"n":1,\n"m":2}')
        expected = Frame("endpoint/5m/GET /a b/", 1, b'{"n":1,\n"m":2}')
        assert await next_of(first) == await next_of(second) == expected


async def test_each_topic_counts_for_itself_and_in_order(bus):
    async with bus.listen() as frames:
        for topic in ("a/5m", "b/5m", "a/5m", "a/5m"):
            await asyncio.to_thread(bus.publish, topic, b"0")
        heard = [await next_of(frames) for _ in range(4)]
    assert [(frame.topic, frame.seq) for frame in heard] == [("a/5m", 1), ("b/5m", 1), ("a/5m", 2), ("a/5m", 3)]


async def test_what_was_published_before_listening_is_not_heard(bus):
    await asyncio.to_thread(bus.publish, "a/5m", b"0")
    async with bus.listen() as frames:
        await asyncio.to_thread(bus.publish, "a/5m", b"1")
        assert (await next_of(frames)).body == b"1"


def test_a_topic_is_watched_until_nobody_has_asked_for_a_while(bus):
    bus.watch(["a/5m", "b/5m"], 60)
    bus.watch(["gone/5m"], 0)
    assert bus.watched() == {"a/5m", "b/5m"}
    bus.watch([], 60)
    bus.watch(["a/5m"], 0)
    assert bus.watched() == {"b/5m"}


async def test_a_new_leader_goes_on_with_the_numbers_of_the_last(valkey_url, settings):
    settings.PERFMON = {"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False}
    old, new = (ValkeyBus(Config(valkey_url=valkey_url)) for _ in range(2))
    async with old.listen() as frames:
        old.publish("a/5m", b"0")
        old.publish("a/5m", b"0")
        new.publish("a/5m", b"0")
        assert [(await next_of(frames)).seq for _ in range(3)] == [1, 2, 3]


def test_numbers_of_topics_nobody_watches_do_not_stay_for_ever(valkey_url, settings):
    settings.PERFMON = {"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False}
    bus = ValkeyBus(Config(valkey_url=valkey_url))
    bus.publish("a/5m", b"0")
    bus.watch(["a/5m"], 10)
    assert all(0 < get_client().ttl(key) <= 3_600 for key in get_client().keys("*"))


async def test_two_projects_on_one_valkey_do_not_hear_each_other(valkey_url, settings):
    settings.PERFMON = {"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False}
    ours, theirs = (ValkeyBus(Config(valkey_url=valkey_url, prefix=prefix)) for prefix in ("ours", "theirs"))
    async with ours.listen() as frames:
        theirs.publish("a/5m", b"theirs")
        ours.publish("a/5m", b"ours")
        assert (await next_of(frames)).body == b"ours"


async def test_a_valkey_that_is_away_is_a_transport_error_at_both_ends(settings):
    url = "redis://127.0.0.1:1"
    settings.PERFMON = {"VALKEY_URL": url, "LOCAL_COLLECTOR": False}
    bus = ValkeyBus(Config(valkey_url=url))
    with pytest.raises(TransportError):
        bus.publish("a/5m", b"")
    with pytest.raises(TransportError):
        bus.watched()
    with pytest.raises(TransportError):
        async with bus.listen():
            pass


async def test_a_valkey_that_dies_ends_the_listening(mortal_valkey, settings):
    settings.PERFMON = {"VALKEY_URL": mortal_valkey.url, "LOCAL_COLLECTOR": False}
    bus = ValkeyBus(Config(valkey_url=mortal_valkey.url))
    async with bus.listen() as frames:
        await asyncio.to_thread(mortal_valkey.kill)
        with pytest.raises(TransportError):
            await next_of(frames)


async def test_a_valkey_that_freezes_is_noticed(valkey_url, settings, monkeypatch):
    monkeypatch.setattr("perfmon.live.valkey.SILENCE_S", 0.2)
    settings.PERFMON = {"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False}
    bus = ValkeyBus(Config(valkey_url=valkey_url))
    with redis.Redis.from_url(valkey_url) as client:
        async with bus.listen() as frames:
            with pytest.raises(TimeoutError):  # silent but alive
                await asyncio.wait_for(anext(frames), 0.7)
        async with bus.listen() as frames:
            client.execute_command("CLIENT", "PAUSE", 1500, "ALL")
            with pytest.raises(TransportError):
                await next_of(frames)
            client.execute_command("CLIENT", "UNPAUSE")


async def test_a_hub_far_behind_loses_the_oldest_frames_only(monkeypatch):
    monkeypatch.setattr("perfmon.live.bus.WAITING_FRAMES", 2)
    bus = LocalBus()
    async with bus.listen() as frames:
        for body in (b"1", b"2", b"3"):
            bus.publish("a/5m", body)
        await asyncio.sleep(0)
        assert [(await next_of(frames)).body for _ in range(2)] == [b"2", b"3"]


async def test_a_loop_that_ended_without_a_word_does_not_stop_the_publisher():
    bus = LocalBus()
    loop = asyncio.new_event_loop()

    def listen_and_die() -> None:
        loop.run_until_complete(bus.listen().__aenter__())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()

    await asyncio.to_thread(listen_and_die)
    assert bus.publish("a/5m", b"") == 1


def test_the_settings_choose_the_bus(settings):
    settings.PERFMON = {"VALKEY_URL": "", "LOCAL_COLLECTOR": False}
    assert isinstance(get_bus(), LocalBus)
    assert get_bus() is get_bus()
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1", "LOCAL_COLLECTOR": False}
    assert isinstance(get_bus(), ValkeyBus)
