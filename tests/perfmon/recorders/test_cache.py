"""Cache reads through Django's own caches: hits, misses, many keys; real Valkey too."""

from __future__ import annotations

import pytest
from django.core.cache import caches

from perfmon.context import RequestTrace, current, muted
from perfmon.ingest import ingest, local
from perfmon.recorders import uninstall_recorders

pytestmark = pytest.mark.usefixtures("recording")


@pytest.fixture(params=["locmem", "redis"])
def cache(request, settings):
    """A fresh cache of either kind, made while the recorder is installed."""
    if request.param == "redis":
        url = request.getfixturevalue("valkey_url")
        settings.CACHES = {"default": {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": url}}
    else:
        settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "t"}}
    yield caches["default"]
    caches["default"].clear()


@pytest.fixture
def trace():
    """A request under way."""
    trace = RequestTrace(0)
    token = current.set(trace)
    yield trace
    current.reset(token)


def test_a_stored_none_is_a_hit_and_a_missing_key_a_miss(cache, trace):
    cache.set("none", None)
    assert cache.get("none", "default") is None
    assert cache.get("missing", "default") == "default"

    assert (trace.cache_reads, trace.cache_misses) == (2, 1)
    assert trace.cache_ns > 0


def test_each_key_of_get_many_counts_once(cache, trace):
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c", "d"]) == {"a": 1, "b": 2}

    assert (trace.cache_reads, trace.cache_misses) == (4, 2)


def test_get_or_set_still_works(cache, trace):
    assert cache.get_or_set("key", lambda: 7) == 7
    assert cache.get_or_set("key", lambda: 8) == 7
    assert trace.cache_reads >= 2


def test_muted_reads_are_left_out(cache):
    with muted():
        cache.get("anything")

    assert ("cache", "default") not in local.shard.slots


def test_uninstalling_gives_the_handler_its_door_back(settings):
    uninstall_recorders()
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "u"}}
    caches["default"].get("key")

    assert not hasattr(caches["default"], "perfmon_alias")
    assert ingest.samplers == []
