"""The overview's panels, on a store filled second by second."""

from __future__ import annotations

import pytest
from django.utils import timezone

from perfmon.alerts.models import Alert
from perfmon.panels import topics
from perfmon.panels.requests import MAX_ROWS
from tests.perfmon.panels.seeding import DETAIL, LIST, NOW, add_request, alive, busy, store

pytestmark = pytest.mark.django_db
SECOND = int(NOW)


def panels(topic: str = "overview/5m") -> dict:
    return topics.payload(topic, NOW)["panels"]


def figure(name: str, topic: str = "overview/5m") -> dict:
    return next(one for one in panels(topic)["figures"]["figures"] if one["name"] == name)


def chart(name: str, topic: str = "overview/5m") -> dict:
    return next(one for one in panels(topic)["charts"]["charts"] if one["name"] == name)


def test_percentiles_are_those_of_every_request_in_the_range():
    store({SECOND - at: busy([10] * 9 + [500]) for at in range(1, 101)})
    assert figure("p50")["value"] == pytest.approx(10, rel=0.01)
    assert figure("p95")["value"] == pytest.approx(500, rel=0.01)
    assert figure("p95")["text"] in ("498", "499", "500", "501", "502")
    assert figure("p95")["unit"] == "ms"


def test_throughput_falls_when_traffic_stops():
    store({SECOND - at: busy([5] * 10) for at in range(100, 110)})
    assert figure("throughput")["value"] == pytest.approx(100 / 300, rel=0.05)
    values = chart("throughput")["series"][0]["values"]
    assert max(value for value in values if value) == 10


def test_a_slower_range_is_called_worse_with_its_change():
    slow = {SECOND - at: busy([200] * 2) for at in range(1, 280)}
    store(slow | {SECOND - at: busy([100] * 2) for at in range(320, 560)})
    trend = figure("p95")["trend"]
    assert (trend["verdict"], trend["word"]) == ("worse", "worse")
    assert trend["change"].startswith(("+9", "+10"))


def test_more_traffic_is_neither_better_nor_worse():
    busier = {SECOND - at: busy([10] * 4) for at in range(1, 280)}
    store(busier | {SECOND - at: busy([10]) for at in range(320, 590)})
    assert figure("throughput")["trend"]["verdict"] == "more"


def test_a_change_too_small_to_matter_is_none_however_large_in_percent():
    store({SECOND - at: busy([0.3]) for at in range(1, 280)} | {SECOND - at: busy([0.1]) for at in range(320, 560)})
    assert figure("p95")["trend"]["verdict"] == "same"


def test_without_a_range_before_there_is_not_enough_data():
    store({SECOND - 3: busy([10] * 50)})
    assert figure("p95")["trend"]["word"] == "not enough data"


def test_a_figure_past_its_budget_says_that_it_missed_it():
    store({SECOND - 3: busy([1500] * 50)})
    assert figure("p95")["target"] == {"text": "≤ 1\xa0s", "missed": True}
    assert figure("p99")["target"]["missed"] is False


def test_cache_hits_are_held_against_a_lower_limit():
    store({SECOND - 3: busy([5])})
    assert figure("cache")["text"] == "100"
    assert figure("cache")["target"]["text"] == "≥ 80%"


def test_a_second_nobody_measured_is_a_gap_and_a_quiet_one_is_zero():
    store({SECOND - 2: busy([5] * 5)} | {SECOND - at: alive() for at in range(40, 60)})
    values = chart("throughput")["series"][0]["values"]
    assert values[-6] is None
    assert values[-11] == 0


def test_statuses_are_counted_apart():
    windows = busy([5] * 4)
    add_request(windows, LIST, 5, status=404)
    add_request(windows, LIST, 5, status=503)
    store({SECOND - 20: windows})
    rates = {
        series["label"]: max(v for v in series["values"] if v is not None) for series in chart("throughput")["series"]
    }
    assert rates == {"2xx": 0.8, "3xx": 0, "4xx": 0.2, "5xx": 0.2}
    assert max(v for v in chart("errors")["series"][0]["values"] if v is not None) == pytest.approx(100 / 6, rel=0.01)


def test_an_alert_that_fired_within_the_range_marks_every_chart():
    at = timezone.datetime.fromtimestamp(NOW - 60, timezone.get_default_timezone())
    alert = Alert.objects.create(
        rule="high_error_rate", severity="critical", state="firing", pending_at=at, fired_at=at, evaluated_at=at,
        value=7, peak=7, limit=5, unit="%", window_s=60,
    )  # fmt: skip
    assert panels()["charts"]["markers"] == [{"at": int(NOW - 60), "label": alert.label, "level": "critical"}]
    notice = panels()["attention"]["notices"][0]
    assert (notice["level"], notice["text"]) == ("critical", alert.message)


def test_calm_is_said_with_the_end_of_the_last_alert():
    assert panels()["attention"] == {"notices": [], "calm_since": ""}
    at = timezone.datetime.fromtimestamp(NOW - 600, timezone.get_default_timezone())
    Alert.objects.create(
        rule="high_cpu", severity="warning", scope="web1", state="resolved", pending_at=at, fired_at=at, resolved_at=at,
        evaluated_at=at, value=70, peak=92, limit=80, unit="%", window_s=60,
    )  # fmt: skip
    assert panels()["attention"]["calm_since"] == at.isoformat(timespec="seconds")


def test_an_endpoint_that_got_slower_is_named_with_both_figures():
    slow = {SECOND - at: busy([300], key=DETAIL) for at in range(1, 200)}
    store(slow | {SECOND - at: busy([100], key=DETAIL) for at in range(320, 560)})
    (notice,) = panels()["attention"]["notices"]
    assert notice["level"] == "slower"
    assert notice["text"].startswith(f"p95 of {DETAIL} rose from ")
    assert "key=GET+%2Farticles%2F%3Cslug%3E%2F" in notice["url"]


def test_endpoints_come_with_their_shares_and_those_with_most_requests_first():
    windows = busy([10] * 3)
    add_request(windows, DETAIL, 40)
    store({SECOND - 3: windows})
    rows = panels()["endpoints"]["rows"]
    assert [row[0] for row in rows] == [LIST, DETAIL]
    _key, texts, numbers, spread, marks = rows[0]
    assert numbers[0] == 3
    assert numbers[6] == 50
    assert numbers[7] == 100
    assert len(texts) == len(numbers) == 8
    assert (spread, marks) == ("0000900000000", [])


def test_rows_past_the_limit_are_named_together():
    windows = alive()
    for number in range(MAX_ROWS + 3):
        add_request(windows, f"GET /{number}/", 10)
    store({SECOND - 3: windows})
    data = panels()["endpoints"]
    assert len(data["rows"]) == MAX_ROWS
    assert data["others"]["text"].startswith("3 more endpoints with 3 requests together")


def test_throughput_is_unknown_when_nobody_measured_and_zero_when_nobody_came():
    assert figure("throughput")["text"] == "–"
    store({SECOND - 4: alive()})
    assert figure("throughput")["text"] == "0"
