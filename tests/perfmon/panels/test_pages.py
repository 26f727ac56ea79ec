"""The other pages' panels: one endpoint, hosts, alerts, own cost, and the status line."""

from __future__ import annotations

import pytest

from perfmon.collector.merging import add_totals
from perfmon.panels import topics
from perfmon.series import SeriesKey, Window
from perfmon.store import rollups
from tests.perfmon.panels.seeding import LIST, NOW, add_host, add_request, alive, busy, store

SECOND = int(NOW)
pytestmark = pytest.mark.django_db


def test_an_endpoints_page_tells_its_spread_answers_and_shares():
    windows = busy([10] * 90 + [400] * 9)
    add_request(windows, LIST, 20, status=500)
    store({SECOND - 3: windows})
    data = topics.payload(f"endpoint/5m/{LIST}", NOW)["panels"]["endpoint"]
    assert data["known"]
    assert [figure["name"] for figure in data["figures"]] == ["p50", "p90", "p95", "p99", "throughput", "errors"]
    assert [(row["status"], row["count"]) for row in data["statuses"]] == [("2xx", "99"), ("5xx", "1")]
    shares = {row["name"]: row["text"] for row in data["shares"]}
    assert shares["db"] == "50.0%"
    assert shares["queries"] == "2.00"
    assert shares["hits"] == "100%"
    bars = data["histogram"]
    assert max(bar["part"] for bar in bars) == 100
    assert bars[0]["part"] == 100
    assert bars[-1]["part"] == 10


def test_an_endpoint_nobody_asked_for_says_so():
    data = topics.payload("endpoint/5m/GET /nowhere/", NOW)["panels"]["endpoint"]
    assert data["known"] is False
    assert data["histogram"] == []
    assert data["statuses"] == []


def test_a_host_has_its_current_average_and_highest_reading():
    store({SECOND - 200: busy([]), SECOND - 100: busy([]), SECOND - 2: _with_cpu(90)})
    (host,) = topics.payload("hosts/5m", NOW)["panels"]["hosts"]["hosts"]
    cpu = next(gauge for gauge in host["gauges"] if gauge["name"] == "cpu")
    assert host["name"] == "web1"
    assert host["processes"] == "1 process, 100\xa0MiB resident"
    assert (cpu["now"], cpu["mean"], cpu["peak"], cpu["over"]) == ("90.0%", "50.0%", "90.0%", True)


def test_a_host_that_is_silent_now_keeps_its_average():
    store({SECOND - 200: busy([])})
    (host,) = topics.payload("hosts/5m", NOW)["panels"]["hosts"]["hosts"]
    cpu = host["gauges"][0]
    assert (cpu["now"], cpu["mean"]) == ("–", "30.0%")
    assert host["processes"] == "no process reports now"


def test_own_cost_is_the_mean_of_a_request_and_counts_what_was_lost():
    windows = busy([5] * 4)
    windows[SeriesKey("self", "dropped/series")] = Window(3)
    windows[SeriesKey("self", "failed/transport")] = Window(2)
    store({SECOND - 3: windows})
    payload = topics.payload("hosts/5m", NOW)
    rows = {row["name"]: row["text"] for row in payload["panels"]["cost"]["rows"]}
    assert rows["record"] == "2.90\xa0µs"
    assert (rows["dropped"], rows["failed"]) == ("3", "2")
    assert payload["panels"]["cost"]["failures"] == [{"where": "transport", "text": "2"}]
    assert payload["status"]["cost"] == "2.90\xa0µs a request, 3 dropped, buffer 0%"


def test_fresh_measurements_are_live():
    store({SECOND - 2: busy([5])})
    status = topics.payload("alerts/5m", NOW)["status"]
    assert (status["state"], status["servers"], status["release"]) == ("live", "1 server", "a1b2c3")


def test_measurements_that_stopped_are_stale_since_the_last_one():
    store({SECOND - 120: alive()})
    status = topics.payload("overview/5m", NOW)["status"]
    assert status["state"] == "stale"
    assert status["since"].startswith("2027-01-15T08:00")
    assert "manage.py collect" in status["why"]


def test_a_new_site_has_no_measurements_yet():
    assert topics.payload("overview/5m", NOW)["status"]["state"] == "empty"


def test_without_its_store_a_page_is_stale_and_says_why(settings):
    rollups.write_minute(SECOND // 60 * 60 - 600, busy([5]))
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    payload = topics.payload("overview/5m", NOW)
    assert payload["status"]["state"] == "stale"
    assert payload["status"]["since"]
    assert "can't be reached" in payload["status"]["why"]
    assert payload["panels"]["figures"] is None


def test_without_its_store_a_long_range_still_shows_its_rollups(settings):
    windows = busy([5] * 30)
    add_totals(windows)
    rollups.write_minute(SECOND // 60 * 60 - 600, windows)
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1/0", "LOCAL_COLLECTOR": False}
    figures = topics.payload("overview/24h", NOW)["panels"]["figures"]["figures"]
    assert figures[0]["value"] == pytest.approx(5, rel=0.01)


@pytest.mark.parametrize("name", ["overview/90d", "hosts/7d", "endpoint/30d/GET /", "alerts/1h"])
def test_the_number_of_queries_does_not_grow_with_traffic(name, django_assert_max_num_queries):
    for minute in range(3):
        rollups.write_minute(SECOND // 60 * 60 - 60 * minute - 600, busy([5] * 3))
    with django_assert_max_num_queries(80):
        topics.payload(name, NOW)


def _with_cpu(percent: float):
    windows = alive()
    add_host(windows, "web1", percent, 60)
    return windows
