"""The engine from stored windows to alert rows: incidents, transitions, restarts and missing data."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

import pytest
from django.db import connection

from perfmon import guard
from perfmon.alerts.engine import evaluate
from perfmon.alerts.models import Alert, AlertTransition, RuleStatus
from perfmon.alerts.selectors import active_alerts, past_alerts, rules_without_data

NOW = 1_800_000_000.0
TICK_S = 5

pytestmark = pytest.mark.django_db


def evaluate_for(start: float, seconds: float) -> float:
    """Evaluate every tick from ``start`` for so long; returns the next tick's time."""
    now = start
    while now < start + seconds:
        evaluate(now)
        now += TICK_S
    return now


def names(alerts: Iterable[Alert]) -> list[tuple[str, str, str, str]]:
    return [(alert.rule, alert.severity, alert.scope, alert.state) for alert in alerts]


def test_slow_responses_are_pending_then_fire_and_the_sentence_names_figure_and_limit(fill: Any) -> None:
    fill(NOW + 120, seconds=200, requests=2, ms=2_400)
    evaluate(NOW)
    assert names(active_alerts()) == [("high_response_time", "warning", "", "pending")]
    evaluate_for(NOW + TICK_S, 60)
    alert = active_alerts()[0]
    assert alert.state == "firing"
    assert alert.message == "One request in 20 took 2.4 s or longer in the last 60 s; the limit is 2 s."
    assert [(item.from_state, item.to_state) for item in alert.transitions.all()] == [
        ("inactive", "pending"),
        ("pending", "firing"),
    ]


def test_one_incident_is_one_alert_however_often_it_is_evaluated(fill: Any) -> None:
    fill(NOW + 300, seconds=400, requests=2, ms=3_000)
    evaluate_for(NOW, 300)
    assert Alert.objects.count() == 1
    assert AlertTransition.objects.count() == 2


def test_a_pending_alert_that_never_fires_leaves_no_row(fill: Any) -> None:
    fill(NOW, requests=2, ms=3_000)
    evaluate(NOW)
    assert Alert.objects.filter(state="pending").count() == 1
    fill(NOW + 60, requests=2, ms=20)
    evaluate(NOW + 60)
    assert not Alert.objects.exists()
    assert not AlertTransition.objects.exists()


def test_a_firing_alert_is_held_then_resolved_and_moves_to_the_past(fill: Any) -> None:
    fill(NOW + 65, seconds=125, requests=2, ms=3_000)
    now = evaluate_for(NOW, 65)
    fill(now + 400, seconds=459, requests=2, ms=20)
    evaluate(now)
    assert active_alerts()[0].state == "held"
    evaluate_for(now + TICK_S, 120)
    assert active_alerts() == []
    ended = past_alerts()[0]
    assert ended.resolved_at is not None
    assert ended.resolved_at.timestamp() == now + 120
    assert "3 s" in ended.message


def test_a_critical_error_rate_mutes_the_warning_of_the_same_rule(fill: Any) -> None:
    fill(NOW + 120, seconds=200, requests=20, errors=2)
    evaluate_for(NOW, 70)
    assert Alert.objects.filter(state="firing").count() == 2
    shown = active_alerts()
    assert names(shown) == [("high_error_rate", "critical", "", "firing")]
    assert shown[0].message == "10% of requests failed in the last 60 s; the limit is 5%."


def test_three_percent_of_errors_are_a_warning_only(fill: Any) -> None:
    fill(NOW + 120, seconds=200, requests=100, errors=3)
    evaluate_for(NOW, 70)
    assert names(active_alerts()) == [("high_error_rate", "warning", "", "firing")]


def test_a_handful_of_failed_requests_is_too_few_to_judge(fill: Any) -> None:
    fill(NOW, seconds=5, requests=3, errors=3)
    evaluate(NOW)
    assert not Alert.objects.exists()
    missing = {(item.rule, item.reason) for item in rules_without_data()}
    assert ("high_error_rate", "too_few") in missing


def test_each_host_has_its_own_alert(fill: Any) -> None:
    gauges = {"web1/cpu": 91.234, "web2/cpu": 20, "web1/memory": 50, "web2/memory": 90, "*/cpu": 95}
    fill(NOW + 120, seconds=200, gauges=gauges)
    evaluate_for(NOW, 70)
    assert sorted(names(active_alerts())) == [
        ("high_cpu", "warning", "web1", "firing"),
        ("high_memory", "warning", "web2", "firing"),
    ]
    messages = {alert.rule: alert.message for alert in active_alerts()}
    assert messages["high_cpu"] == "CPU of web1 was 91.2% busy over the last 60 s; the limit is 80%."


def test_a_host_that_goes_silent_neither_raises_nor_clears_and_is_shown_as_without_data(fill: Any) -> None:
    fill(NOW + 65, seconds=125, gauges={"web1/cpu": 95})
    now = evaluate_for(NOW, 65) + 300
    evaluate_for(now, 300)
    assert names(active_alerts()) == [("high_cpu", "warning", "web1", "firing")]
    silent = next(item for item in rules_without_data() if item.rule == "high_cpu")
    assert (silent.scope, silent.reason) == ("web1", "missing")
    assert silent.no_data_since is not None
    assert silent.no_data_since.timestamp() == now - 60
    fill(now + 600, seconds=60, gauges={"web1/cpu": 10})
    evaluate(now + 600)
    assert not RuleStatus.objects.filter(rule="high_cpu", no_data_since__isnull=False).exists()
    assert active_alerts()[0].state == "held"


def test_a_store_that_cannot_be_read_changes_nothing_and_is_counted(fill: Any, settings: Any) -> None:
    fill(NOW + 65, seconds=125, requests=2, ms=3_000)
    now = evaluate_for(NOW, 65)
    before = list(Alert.objects.values())
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1"}
    counted = guard.failures["alerts"]
    assert evaluate(now) == []
    assert list(Alert.objects.values()) == before
    assert guard.failures["alerts"] == counted + 1


def test_a_late_evaluation_is_skipped(fill: Any) -> None:
    fill(NOW + 65, seconds=125, requests=2, ms=3_000)
    now = evaluate_for(NOW, 65)
    fill(NOW, seconds=100, requests=2, ms=1)
    before = list(Alert.objects.values())
    evaluate(now - TICK_S)
    evaluate(NOW - 30)
    assert list(Alert.objects.values()) == before


def test_evaluate_returns_the_alerts_whose_state_changed(fill: Any) -> None:
    fill(NOW + 65, seconds=125, requests=2, ms=3_000)
    assert names(evaluate(NOW)) == [("high_response_time", "warning", "", "pending")]
    assert evaluate(NOW + TICK_S) == []
    assert names(evaluate(NOW + 60)) == [("high_response_time", "warning", "", "firing")]


def test_the_newest_figure_and_the_peak_are_kept_while_the_state_stays(fill: Any) -> None:
    fill(NOW, gauges={"web1/cpu": 99})
    evaluate(NOW)
    fill(NOW + 60, gauges={"web1/cpu": 90})
    evaluate(NOW + 60)
    alert = Alert.objects.get()
    assert (alert.value, alert.peak) == (90, 99)


def test_quiet_rules_write_no_more_than_once_a_minute(fill: Any, django_assert_num_queries: Any) -> None:
    fill(NOW + 120, seconds=200, requests=2, gauges={"web1/cpu": 5, "web1/memory": 5})
    evaluate(NOW)
    with django_assert_num_queries(2):  # open alerts, rule statuses
        evaluate(NOW + TICK_S)


def test_a_failed_call_of_a_cache_fires_at_once_and_ends_a_while_after_the_last_one(fill: Any) -> None:
    fill(NOW, seconds=1, cache_errors={"default": 3})
    evaluate(NOW)
    assert names(active_alerts()) == [("cache_errors", "warning", "default", "firing")]
    text = "Failed calls of the cache default in the last 60 s: 3; the limit is 0."
    assert active_alerts()[0].message == text
    fill(NOW + 400, seconds=400)
    now = evaluate_for(NOW + TICK_S, 61)
    assert active_alerts()[0].state == "held"
    evaluate_for(now, 130)
    assert active_alerts() == []
    assert past_alerts()[0].scope == "default"


def test_a_cache_alert_neither_ends_nor_rises_while_nobody_measures(fill: Any) -> None:
    fill(NOW, seconds=1, cache_errors={"default": 3})
    evaluate(NOW)
    evaluate_for(NOW + 120, 400)
    assert names(active_alerts()) == [("cache_errors", "warning", "default", "firing")]
    assert ("cache_errors", "missing") in {(item.rule, item.reason) for item in rules_without_data()}


def test_a_site_may_live_with_some_failed_calls(fill: Any, settings: Any) -> None:
    settings.PERF_BUDGETS = {"alert_cache_error_count": 200}
    fill(NOW, seconds=60, cache_errors={"default": 3, "sessions": 4})
    evaluate(NOW)
    assert names(active_alerts()) == [("cache_errors", "warning", "sessions", "firing")]


def test_long_waits_for_a_connection_fire_for_the_database_they_are_of(fill: Any) -> None:
    fill(NOW + 120, seconds=200, waits={"default": 5, "replica1": 250})
    evaluate_for(NOW, 70)
    assert names(active_alerts()) == [("high_pool_wait", "warning", "replica1", "firing")]
    assert active_alerts()[0].message == (
        "One connection in 20 to the database replica1 was waited for 250 ms or longer in the last 60 s; "
        "the limit is 100 ms."
    )


def test_long_waits_in_a_queue_fire_for_that_queue_alone(fill: Any) -> None:
    waits = {("queue_wait", "generate"): 45_000, ("queue_wait", "celery"): 20, ("queue_wait", "*"): 45_000}
    fill(NOW + 120, seconds=200, times=waits)
    evaluate_for(NOW, 70)
    assert names(active_alerts()) == [("high_queue_wait", "warning", "generate", "firing")]
    assert active_alerts()[0].message == (
        "One task in 20 in the queue generate waited 44.8 s or longer in the last 60 s, or none was taken from it; "
        "the limit is 30 s."
    )


def test_a_queue_from_which_nobody_takes_anything_fires_and_an_empty_one_does_not(fill: Any) -> None:
    fill(NOW + 120, seconds=200, amounts={("queue_length", "generate"): 3, ("queue_length", "celery"): 0})
    evaluate_for(NOW, 70)
    assert [(alert.scope, alert.value) for alert in active_alerts()] == [("generate", 60_000)]
    fill(NOW + 500, seconds=420, amounts={("queue_length", "generate"): 0})
    evaluate_for(NOW + 150, 200)
    assert active_alerts() == []


def test_the_waits_of_a_patient_queue_are_not_judged(fill: Any, settings: Any) -> None:
    settings.PERFMON = {"VALKEY_URL": "", "PATIENT_QUEUES": ["generate_batch"]}
    fill(NOW + 120, seconds=200, times={("queue_wait", "generate_batch"): 900_000})
    evaluate_for(NOW, 70)
    assert active_alerts() == []


def test_a_provider_that_is_slow_to_begin_or_to_end_fires_by_name(fill: Any) -> None:
    slow = {("provider_first", "far"): 4_200, ("provider", "far"): 9_000, ("provider", "long"): 61_000}
    fill(NOW + 120, seconds=200, times=slow)
    evaluate_for(NOW, 70)
    assert sorted(names(active_alerts())) == [
        ("slow_answers", "warning", "long", "firing"),
        ("slow_first_token", "warning", "far", "firing"),
    ]
    messages = {alert.rule: alert.message for alert in active_alerts()}
    assert messages["slow_first_token"] == (
        "One call in 20 of the provider far waited 4.2 s or longer for its first token in the last 60 s; "
        "the limit is 3 s."
    )
    assert messages["slow_answers"].startswith("One call in 20 of the provider long took 60.9 s or longer")


def test_four_calls_of_a_provider_are_too_few_to_judge_it(fill: Any) -> None:
    fill(NOW, seconds=4, times={("provider_first", "far"): 9_000})
    evaluate(NOW)
    assert not Alert.objects.exists()
    assert ("slow_first_token", "too_few") in {(item.rule, item.reason) for item in rules_without_data()}


def test_an_alias_of_a_cache_is_not_taken_for_a_host(fill: Any) -> None:
    fill(NOW, seconds=1, cache_errors={"default": 3}, gauges={"web1/cpu": 5})
    evaluate(NOW)
    evaluate(NOW + TICK_S)
    scopes = set(RuleStatus.objects.exclude(scope="").values_list("rule", "scope"))
    assert scopes == {("high_cpu", "web1"), ("cache_errors", "default")}


def test_hosts_past_the_hundredth_are_still_watched_together_when_they_were_before(fill: Any) -> None:
    fill(NOW + 10, gauges={f"web{number:03}/cpu": 10.0 for number in range(110)} | {"web109/cpu": 95.0})
    evaluate(NOW)
    evaluate(NOW + TICK_S)
    assert [alert.scope for alert in Alert.objects.all()] == ["(other)"]
    assert RuleStatus.objects.filter(rule="high_cpu").count() == 101


def test_a_hundred_hosts_are_watched_apart_and_the_rest_by_the_worst_of_them(fill: Any) -> None:
    gauges = {f"web{number:03}/cpu": 10.0 for number in range(110)} | {"web109/cpu": 95.0}
    fill(NOW, gauges=gauges)
    evaluate(NOW)
    assert [alert.scope for alert in Alert.objects.all()] == ["(other)"]
    assert RuleStatus.objects.filter(rule="high_cpu").count() == 101


@pytest.mark.django_db(transaction=True)
def test_two_engines_at_once_make_one_incident_and_one_row_per_change(fill: Any) -> None:
    fill(NOW + 120, seconds=200, requests=2, ms=3_000, errors=1, gauges={"web1/cpu": 95, "web1/memory": 95})

    def engine(barrier: threading.Barrier) -> None:
        try:
            for tick in range(16):
                barrier.wait(10)
                evaluate(NOW + tick * TICK_S)
        finally:
            connection.close()

    barrier = threading.Barrier(2)
    engines = [threading.Thread(target=engine, args=(barrier,)) for _ in range(2)]
    for thread in engines:
        thread.start()
    for thread in engines:
        thread.join(60)
    assert Alert.objects.count() == 5
    for alert in Alert.objects.all():
        changes = [(item.from_state, item.to_state) for item in alert.transitions.all()]
        assert changes == [("inactive", "pending"), ("pending", "firing")]
