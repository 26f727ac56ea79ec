"""The page of data: caches by alias and group, databases and their pools, and why something is empty."""

from __future__ import annotations

import pytest
from django.db import connections

from perfmon.panels import topics
from perfmon.series import SeriesKey, Window
from perfmon.store import rollups
from tests.perfmon.panels.seeding import (
    NOW,
    add_cache,
    add_cache_server,
    add_pool,
    add_queries,
    alive,
    busy,
    store,
)

SECOND = int(NOW)
LOCMEM = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def caches(settings) -> None:
    """A project with two caches."""
    settings.CACHES = {"default": LOCMEM, "sessions": LOCMEM}


@pytest.fixture
def pooled(monkeypatch) -> None:
    """The settings give the default database a pool."""
    options = {**connections.settings["default"]["OPTIONS"], "pool": {"max_size": 50}}
    monkeypatch.setitem(connections.settings["default"], "OPTIONS", options)


def panel(name: str, range_: str = "5m"):
    return topics.payload(f"data/{range_}", NOW)["panels"][name]


def figures(alias: str, range_: str = "5m"):
    cache = next(cache for cache in panel("caches", range_)["caches"] if cache["name"] == alias)
    return {figure["name"]: figure for figure in cache["figures"]}


def store_reads() -> None:
    windows = alive()
    add_cache(windows, "default", "articles", hits=70, misses=10, read_ms=0.2)
    add_cache(windows, "default", "popular", hits=10, misses=10, read_ms=2)
    add_cache_server(windows, "default", used=64 << 20, limit=256 << 20, evicted=1_500, expired=200)
    windows[SeriesKey("cache_error", "default")] = Window(3)
    store({SECOND - 3: windows})


def test_a_cache_has_its_hits_rate_times_errors_memory_and_evictions():
    store_reads()
    found = figures("default")

    assert {name: (figure["text"], figure["unit"]) for name, figure in found.items()} == {
        "hits": ("80.0", "%"),
        "reads": ("0.34", "/s"),
        "time": ("2.00", "ms"),
        "errors": ("3", ""),
        "memory": ("64.0", "MiB"),
        "evictions": ("1.50", "/s"),
    }
    notes = {name: figure["note"] for name, figure in found.items() if figure["note"]}
    assert notes == {
        "reads": "0.07/s writes",
        "time": "p50 200\xa0µs",
        "memory": "peak 64.0\xa0MiB of 256\xa0MiB",
        "evictions": "0.20/s expired",
    }
    assert found["hits"]["target"] == {"text": "≥ 80%", "missed": False}


def test_hits_below_the_budget_miss_their_target_and_are_compared_with_the_range_before():
    before, now = alive(), alive()
    add_cache(before, "default", "articles", hits=95, misses=5)
    add_cache(now, "default", "articles", hits=50, misses=50)
    store({SECOND - 400: before, SECOND - 3: now})
    found = figures("default")["hits"]

    assert found["target"]["missed"] is True
    assert (found["trend"]["verdict"], found["trend"]["change"]) == ("worse", "−47%")


def test_errors_are_compared_although_there_were_few_because_there_were_many_reads():
    before, now = alive(), alive()
    for windows in (before, now):
        add_cache(windows, "default", "articles", hits=50, misses=0)
    now[SeriesKey("cache_error", "default")] = Window(4)
    store({SECOND - 400: before, SECOND - 3: now})

    assert figures("default")["errors"]["trend"]["verdict"] == "worse"


def test_a_server_without_a_limit_and_one_that_tells_nothing_say_so():
    windows = alive()
    add_cache(windows, "default", "articles", hits=1, misses=0)
    add_cache(windows, "sessions", "sessions", hits=1, misses=0)
    add_cache_server(windows, "default", used=1 << 20, limit=0)
    store({SECOND - 3: windows})

    assert figures("default")["memory"]["note"] == "peak 1.00\xa0MiB, no limit set"
    assert figures("sessions")["memory"]["note"] == "tells nothing of itself"
    assert figures("sessions")["memory"]["text"] == "–"


def test_a_cache_nobody_used_has_no_figures_and_one_of_another_process_is_shown_last():
    windows = alive()
    add_cache(windows, "thumbnails", "images", hits=1, misses=0)
    store({SECOND - 3: windows})
    data = panel("caches")

    assert [(cache["name"], bool(cache["figures"])) for cache in data["caches"]] == [
        ("default", False),
        ("sessions", False),
        ("thumbnails", True),
    ]
    assert data["used"] is True


def test_groups_come_by_reads_with_their_hits_misses_and_times():
    store_reads()
    first, second = panel("cache_groups")["groups"]

    assert (first["alias"], first["group"], first["reads"], first["misses"]) == ("default", "articles", "80", "10")
    assert (first["hits"], first["part"], first["mean"]) == ("87.5%", 87.5, "200\xa0µs")
    assert (second["group"], second["hits"], second["p95"]) == ("popular", "50.0%", "2.00\xa0ms")


def test_more_groups_than_are_shown_are_summed_up():
    windows = alive()
    for number in range(45):
        add_cache(windows, "default", f"group{number:02}", hits=2 if number < 40 else 1, misses=0)
    store({SECOND - 3: windows})
    data = panel("cache_groups")

    assert len(data["groups"]) == 40
    assert data["others"] == "5 more groups with 5 reads together, 100% of them hits"


def test_each_database_has_its_share_of_the_queries():
    windows = alive()
    add_queries(windows, "default", 30)
    add_queries(windows, "replica1", 90, query_ms=4, failed=2)
    store({SECOND - 3: windows})
    default, replica = panel("databases")["databases"]

    assert (default["name"], default["share"], default["part"]) == ("default", "25.0%", 25.0)
    assert default["about"] == "SQLite needs no pool: a connection is an open file"
    assert (replica["share"], replica["p95"], replica["failed"]) == ("75.0%", "4.00\xa0ms", "2")
    assert replica["about"] == "not in these settings"


def test_without_a_pool_the_cells_of_pools_are_left_out():
    store({SECOND - 3: busy([5])})
    data = panel("databases")

    assert data["pooled"] is False
    (row,) = data["databases"]
    assert (row["no_pool"], row["in_use"], row["wait"], row["refused"]) == (True, "–", "–", "–")
    assert [chart["name"] for chart in panel("charts")["charts"]] == ["cache_hits", "cache_times", "queries"]


def test_a_pool_tells_how_full_it_is_in_a_process_and_how_long_one_waits(pooled):
    one, other = alive(), alive()
    add_pool(one, "default", [0.5] * 9 + [400], in_use=2, size=6, limit=50, waiting=0)
    add_pool(other, "default", [], in_use=7, size=8, limit=50, waiting=3)
    store({SECOND - 4: one, SECOND - 3: other})
    (row,) = panel("databases")["databases"]

    assert (row["no_pool"], row["in_use"], row["open"]) == (False, "4.50, peak 7", "7.00 of 50")
    assert (row["wait"], row["wait_over"]) == ("400\xa0ms", True)
    assert (row["refused"], row["refused_over"]) == ("0", False)
    assert row["about"] == "SQLite, pooled"
    waits = panel("charts")["charts"][-1]
    assert (waits["name"], waits["targets"][0]["label"]) == ("pool_waits", "warning 100\xa0ms")
    assert max(value for value in waits["series"][0]["values"] if value is not None) == pytest.approx(400, rel=0.01)


def test_timeouts_are_marked(pooled):
    windows = alive()
    add_pool(windows, "default", [10_000, 1, 1], timeouts=1, in_use=50, size=50, limit=50, waiting=4)
    store({SECOND - 3: windows})
    (row,) = panel("databases")["databases"]

    assert (row["refused"], row["refused_over"]) == ("1", True)


def test_charts_have_a_line_for_each_alias_of_the_settings_however_many_are_measured():
    store_reads()
    hits, times, queries = panel("charts")["charts"]

    assert [series["label"] for series in hits["series"]] == ["default", "sessions"]
    assert max(value for value in hits["series"][0]["values"] if value is not None) == 80
    assert set(hits["series"][1]["values"]) == {None}  # nothing was read, which is no ratio
    assert times["unit"] == "ms"
    assert [series["label"] for series in queries["series"]] == list(connections)
    assert set(queries["series"][0]["values"]) == {0, None}  # nothing was asked while others measured


def test_nothing_measured_says_why_instead_of_figures():
    data = panel("caches")

    assert data["used"] is False
    assert panel("cache_groups") == {"groups": [], "others": ""}


def test_a_long_range_is_read_from_the_rollups():
    windows = alive()
    add_cache(windows, "default", "articles", hits=9, misses=1)
    rollups.write_minute(SECOND // 60 * 60 - 7_200, windows)

    assert figures("default", "24h")["hits"]["text"] == "90.0"
    assert panel("cache_groups", "24h")["groups"][0]["reads"] == "10"
