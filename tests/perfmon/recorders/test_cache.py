"""Caches through Django's own handler: reads by group, writes, errors, also those the app is not told of."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import redis
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.http import HttpRequest

from perfmon import guard
from perfmon.context import RequestTrace, current, muted
from perfmon.ingest import ingest
from perfmon.recorders import install_recorders, uninstall_recorders
from perfmon.recorders.cache import MANY_READS, Recorded, record_error, record_read
from perfmon.recorders.requests import begin, finish
from perfmon.series import SeriesKey, Window
from tests.perfmon.recorders.collected import recorded

pytestmark = pytest.mark.usefixtures("recording")
LOCMEM = "django.core.cache.backends.locmem.LocMemCache"


@pytest.fixture(params=["locmem", "files", "django", "django-redis"])
def cache(request, settings, tmp_path):
    """A fresh cache of each kind, made while the recorder is installed."""
    config: dict[str, Any] = {"BACKEND": LOCMEM, "LOCATION": "t"}
    if request.param == "files":
        config = {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": tmp_path}
    elif request.param == "django":
        config = {"BACKEND": "django.core.cache.backends.redis.RedisCache"}
        config["LOCATION"] = request.getfixturevalue("valkey_url")
    elif request.param == "django-redis":
        config = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": request.getfixturevalue("valkey_url")}
    settings.CACHES = {"default": config}
    yield caches["default"]
    caches["default"].clear()


@pytest.fixture
def trace():
    """A request under way."""
    trace = begin({}, is_muted=False)
    token = current.set(trace)
    yield trace
    current.reset(token)


def ended(trace: RequestTrace) -> dict[SeriesKey, Window]:
    """Everything recorded, and as a request's cache reads those of this one."""
    finish(HttpRequest(), 200, trace)
    return recorded()


READS = SeriesKey("request_cache", "OTHER (unmatched)")


def test_a_stored_none_is_a_hit_and_a_missing_key_a_miss(cache, trace):
    cache.set("none", None)
    assert cache.get("none", "default") is None
    assert cache.get("missing", "default") == "default"

    window = ended(trace)[READS]
    assert (window.count, window.errors) == (2, 1)
    assert window.sum > 0


def test_each_key_of_get_many_counts_once(cache, trace):
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c", "d"]) == {"a": 1, "b": 2}
    assert cache.get_many([]) == {}

    window = ended(trace)[READS]
    assert (window.count, window.errors) == (4, 2)


def test_get_or_set_still_works(cache, trace):
    assert cache.get_or_set("key", lambda: 7) == 7
    assert cache.get_or_set("key", lambda: 8) == 7
    assert ended(trace)[READS].count >= 2


def test_reads_are_counted_by_alias_and_by_group_of_keys(cache):
    cache.set("articles:1", "a")
    for key in ("articles:1", "articles:2", "django.contrib.sessions.cached_dbk2j4", "articles:1"):
        cache.get(key)
    cache.get_many(["articles:1", "popular:week", "popular:day"])

    windows = recorded()
    counted = {key: (window.count, window.errors) for (kind, key), window in windows.items() if kind == "cache_group"}
    assert counted == {
        "default/articles": (4, 1),
        "default/django.contrib.sessions": (1, 1),
        "default/popular": (2, 2),
    }
    whole = windows[SeriesKey("cache", "default")]
    assert (whole.count, whole.errors) == (7, 4)
    assert whole.sum == sum(window.sum for (kind, _), window in windows.items() if kind == "cache_group")
    assert windows[SeriesKey("cache", "*")] == whole


def test_writes_are_counted_once_each_with_their_time(cache):
    cache.set("a:1", 1)
    cache.add("a:2", 1)
    cache.incr("a:1")
    cache.touch("a:1", 60)
    cache.delete("a:1")

    window = recorded()[SeriesKey("cache_write", "default")]
    assert (window.count, window.errors) == (5, 0)
    assert 0 < window.max <= window.sum


def test_counting_up_a_key_that_is_not_there_is_no_error_of_the_cache(cache):
    with pytest.raises(ValueError, match="not found"):
        cache.incr("missing")

    assert SeriesKey("cache_error", "default") not in recorded()


def test_what_a_coroutine_reads_is_counted(cache):
    async def read() -> None:
        await cache.aset("articles:1", 1)
        assert await cache.aget("articles:1") == 1
        assert await cache.aget_many(["articles:1", "articles:2"]) == {"articles:1": 1}

    asyncio.run(read())

    window = recorded()[SeriesKey("cache_group", "default/articles")]
    assert (window.count, window.errors) == (3, 1)


def test_muted_work_is_left_out(cache):
    with muted():
        cache.set("anything", 1)
        cache.get("anything")
        record_error("default")

    assert not [key for key in recorded() if key.kind.startswith("cache")]


def dead(settings, **options: Any) -> Any:
    """A cache whose server nobody has started."""
    config = {"BACKEND": "django_redis.cache.RedisCache", "LOCATION": "redis://127.0.0.1:1/0", "OPTIONS": options}
    settings.CACHES = {"default": config}
    return caches["default"]


def test_an_error_that_django_redis_hides_is_counted(settings):
    cache = dead(settings, IGNORE_EXCEPTIONS=True)
    assert cache.get("articles:1", "nothing") == "nothing"
    assert cache.set("articles:1", 1) is None
    assert cache.get_many(["articles:1"]) == {}

    windows = recorded()
    assert windows[SeriesKey("cache_error", "default")] == Window(3)
    assert windows[SeriesKey("cache_group", "default/articles")].error_pct == 100  # for the app these were misses


def test_an_error_that_reaches_the_app_is_counted_and_reaches_it(settings):
    cache = dead(settings)
    with pytest.raises(redis.ConnectionError):
        cache.get("articles:1")
    with pytest.raises(redis.ConnectionError):
        cache.set("articles:1", 1)

    windows = recorded()
    assert windows[SeriesKey("cache_error", "default")] == Window(2)
    assert SeriesKey("cache", "default") not in windows
    assert windows[SeriesKey("cache_write", "default")].errors == 1


def test_a_server_that_dies_costs_errors_and_its_return_ends_them(settings, mortal_valkey):
    options = {"IGNORE_EXCEPTIONS": True}
    backend = "django_redis.cache.RedisCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": mortal_valkey.url, "OPTIONS": options}}
    cache = caches["default"]
    cache.set("articles:1", 1)
    mortal_valkey.kill()
    cache.get("articles:1")
    assert recorded()[SeriesKey("cache_error", "default")].count == 1
    mortal_valkey.start()
    cache.set("articles:1", 1)

    assert cache.get("articles:1") == 1
    windows = recorded()
    assert SeriesKey("cache_error", "default") not in windows
    assert windows[SeriesKey("cache", "default")] == windows[SeriesKey("cache_group", "default/articles")]


def test_a_cache_that_counts_itself_is_counted_like_the_others(trace):
    record_read("default", "articles", 1_500, hits=2, misses=1)
    record_read("default", "articles", 500, hits=1, misses=0)

    windows = ended(trace)
    window = windows[SeriesKey("cache_group", "default/articles")]
    assert (window.count, window.errors, window.sum, window.max) == (4, 1, 2_000, 1_500)
    assert window.histogram.count == 2
    assert (windows[READS].count, windows[READS].errors, windows[READS].sum) == (4, 1, 2_000)


def test_a_request_with_thousands_of_reads_keeps_few_of_them_and_counts_all(trace):
    for _ in range(3_000):
        record_read("default", "articles", 500, hits=1, misses=1)
    assert len(trace.reads or []) < MANY_READS

    windows = ended(trace)
    assert (windows[READS].count, windows[READS].errors, windows[READS].sum) == (6_000, 3_000, 1_500_000)
    assert windows[SeriesKey("cache_group", "default/articles")].histogram.count == 3_000


def test_reads_of_what_a_request_left_running_are_counted_but_not_as_its_own(trace):
    record_read("default", "articles", 500, hits=1, misses=0)
    assert ended(trace)[READS].count == 1
    record_read("default", "articles", 500, hits=1, misses=0)

    windows = recorded()
    assert windows[SeriesKey("cache_group", "default/articles")].count == 1
    assert READS not in windows


def test_keys_that_name_nothing_share_one_group_however_many_they_are():
    for number in range(500):
        record_read("default", f"{number:032x}", 100, hits=1, misses=0)
        record_read("default", f"shop{number}", 100, hits=1, misses=0)

    groups = {key for kind, key in recorded() if kind == "cache_group"}
    assert groups == {"default/(other)", *(f"default/shop{number}" for number in range(50))}


def test_no_more_series_than_a_process_may_have(settings):
    settings.PERFMON = {**settings.PERFMON, "MAX_SERIES": 3}
    for name in ("a", "b", "c", "d", "e"):
        record_read("default", name, 100, hits=1, misses=0)
        record_error(name)

    windows = recorded()
    assert sum(window.count for (kind, _), window in windows.items() if kind == "cache_group") == 5
    assert sum(window.count for (kind, _), window in windows.items() if kind == "cache_error") == 5
    assert len([key for key in windows if key.kind == "cache_group"]) == 3


class Fixed(LocMemCache):
    """A backend that refuses to be given another class."""

    def __setattr__(self, name: str, value: object) -> None:
        if name == "__class__":
            raise TypeError("no")
        super().__setattr__(name, value)


def test_a_backend_that_can_not_be_recorded_still_works_and_is_counted_as_a_failure(settings):
    settings.CACHES = {"default": {"BACKEND": f"{__name__}.Fixed", "LOCATION": "f"}}
    caches["default"].set("key", 1)

    assert caches["default"].get("key") == 1
    assert guard.failures["cache default"] == 1


def test_a_backend_made_before_the_recorder_is_recorded_too(settings):
    uninstall_recorders()
    settings.CACHES = {"default": {"BACKEND": LOCMEM, "LOCATION": "w"}}
    caches["default"].set("key", 1)
    install_recorders()

    assert caches["default"].get("key") == 1
    assert recorded()[SeriesKey("cache", "default")].count == 1


def test_uninstalling_gives_the_handler_its_door_and_the_backends_their_class_back(settings):
    settings.CACHES = {"default": {"BACKEND": LOCMEM, "LOCATION": "u"}}
    backend = caches["default"]
    assert isinstance(backend, Recorded)
    assert isinstance(backend, LocMemCache)
    uninstall_recorders()
    backend.get("key")
    settings.CACHES = {"default": {"BACKEND": LOCMEM, "LOCATION": "v"}}
    caches["default"].get("key")

    assert type(backend) is type(caches["default"]) is LocMemCache
    assert not [key for key in recorded() if key.kind.startswith("cache")]
    assert ingest.samplers == []
