"""What cache servers tell about themselves: a real Valkey that evicts, expires, dies and comes back."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.core.cache import caches

from perfmon import guard
from perfmon.recorders import cache_servers, host
from perfmon.recorders.cache_servers import CacheServerRecorder
from tests.waiting import eventually

pytestmark = pytest.mark.usefixtures("recording")
DJANGO_REDIS = "django_redis.cache.RedisCache"


@pytest.fixture(autouse=True)
def own_lock(tmp_path, monkeypatch) -> None:
    """A lock of this test's own, so that a server on this machine does not hold it."""
    monkeypatch.setattr(host.tempfile, "gettempdir", lambda: str(tmp_path))


@pytest.fixture
def clock(monkeypatch) -> SimpleNamespace:
    """A monotonic clock the test turns by hand."""
    clock = SimpleNamespace(seconds=1000.0)
    monkeypatch.setattr(cache_servers, "time", SimpleNamespace(monotonic=lambda: clock.seconds))
    return clock


@pytest.fixture
def recorder() -> Iterator[CacheServerRecorder]:
    """A recorder that gives its lock up when the test ends."""
    recorder = CacheServerRecorder()
    yield recorder
    recorder.uninstall()


def use(settings, *urls: str, backend: str = DJANGO_REDIS, **options: Any) -> None:
    """Give the project a cache on each server: ``default``, ``second``."""
    settings.CACHES = {
        alias: {"BACKEND": backend, "LOCATION": url, "OPTIONS": options}
        for alias, url in zip(("default", "second"), urls, strict=False)
    }


def readings(recorder: CacheServerRecorder, clock: Any) -> dict[str, int]:
    """Let it ask, wait for its thread and take what it found."""
    clock.seconds += 5
    list(recorder.sample(0))
    if recorder._asking is not None:
        recorder._asking.join(10)
    return {key.key: window.sum for key, window in recorder.sample(0)}


def test_a_server_tells_its_memory_its_limit_and_its_clients(settings, valkey_url, recorder, clock):
    use(settings, valkey_url)
    found = readings(recorder, clock)

    assert found["default/used"] > 100_000
    assert found["default/limit"] == 0  # none is set
    assert found["default/clients"] >= 1
    assert "default/evicted" not in found  # a rate needs two readings


@pytest.mark.parametrize("backend", [DJANGO_REDIS, "django.core.cache.backends.redis.RedisCache"])
def test_the_second_reading_has_what_happened_since_the_first(settings, valkey_url, recorder, clock, backend):
    use(settings, valkey_url, backend=backend)
    readings(recorder, clock)
    cache = caches["default"]
    cache.set("there", 1)
    for _ in range(10):
        cache.get("there")
    for _ in range(5):
        cache.get("missing")
    with redis.Redis.from_url(valkey_url) as client:
        client.set("short", 1, px=1)
        eventually(lambda: client.info("stats")["expired_keys"] >= 1 and not client.exists("short"))
    found = readings(recorder, clock)

    assert found["default/hits"] >= 2_000  # ten in five seconds, in thousandths a second
    assert found["default/misses"] >= 1_000
    assert found["default/expired"] >= 200
    assert found["default/evicted"] == 0


def test_evictions_of_a_full_server_are_seen(settings, mortal_valkey, recorder, clock):
    use(settings, mortal_valkey.url)
    with redis.Redis.from_url(mortal_valkey.url) as client:
        client.config_set("maxmemory-policy", "allkeys-lru")
        client.config_set("maxmemory", client.info("memory")["used_memory"] + (1 << 20))
        readings(recorder, clock)
        for number in range(400):
            client.set(f"k{number}", b"x" * 10_000)
        evicted = client.info("stats")["evicted_keys"]
    found = readings(recorder, clock)

    assert evicted > 0
    assert found["default/evicted"] == pytest.approx(200 * evicted, rel=0.2)
    assert found["default/used"] > 0
    assert found["default/limit"] > 0


def test_a_dead_server_gives_no_reading_and_counts_as_a_failure_while_the_others_answer(
    settings, mortal_valkey, valkey_url, recorder, clock
):
    use(settings, mortal_valkey.url, valkey_url)
    readings(recorder, clock)
    mortal_valkey.kill()
    found = readings(recorder, clock)
    assert {key.partition("/")[0] for key in found} == {"second"}
    assert guard.failures["cache server default"] == 1
    mortal_valkey.start()
    found = readings(recorder, clock)

    assert found["default/used"] > 0
    assert "default/hits" not in found  # it counts from zero again
    assert "default/hits" in readings(recorder, clock)


def test_caches_without_a_server_are_never_asked_again(settings, recorder, clock):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    assert readings(recorder, clock) == {}
    asked = recorder._asking
    assert readings(recorder, clock) == {}
    assert recorder._asking is asked


def test_a_server_that_may_not_be_asked_is_left_alone(settings, mortal_valkey, recorder, clock):
    with redis.Redis.from_url(mortal_valkey.url) as client:
        client.execute_command("ACL", "SETUSER", "app", "on", ">secret", "~*", "+@all", "-info")
    use(settings, mortal_valkey.url.replace("://", "://app:secret@"))
    asked = recorder._asking

    assert readings(recorder, clock) == {}
    asked = recorder._asking
    assert readings(recorder, clock) == {}
    assert recorder._asking is asked
    assert not any(name.startswith("cache server") for name in guard.failures)


def test_one_process_of_a_host_asks(settings, valkey_url, recorder, clock):
    use(settings, valkey_url)
    second = CacheServerRecorder()

    assert readings(recorder, clock)
    assert readings(second, clock) == {}
    recorder.uninstall()
    assert readings(second, clock)
    second.uninstall()


def test_readings_are_asked_for_every_interval(settings, valkey_url, recorder, clock):
    use(settings, valkey_url)
    asked = []
    for _ in range(11):
        before = recorder._asking
        list(recorder.sample(0))
        asked.append(recorder._asking is not before)
        recorder._asking.join(10)
        clock.seconds += 1

    assert asked == [True, False, False, False, False, True, False, False, False, False, True]
