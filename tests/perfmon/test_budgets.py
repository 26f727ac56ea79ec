"""Budgets: the numbers that bind are the architecture document's, and they agree with one another."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields

import pytest

from perfmon.budgets import Budgets
from perfmon.conf import get_budgets
from perfmon.store.ranges import DAY, RANGES, TEN

THE_DOCUMENTS = {
    "p50_ms": 200,
    "p90_ms": 500,
    "p95_ms": 1000,
    "p99_ms": 2000,
    "alert_p95_ms": 2000,
    "alert_error_warning_pct": 1,
    "alert_error_critical_pct": 5,
    "alert_cpu_pct": 80,
    "alert_memory_pct": 85,
    "perftest_at_once_p95_ms": 2000,
    "perftest_success_pct": 95,
    "perftest_growth_bytes": 100 * 2**20,
    "scale_up_cpu_pct": 70,
    "scale_down_cpu_pct": 30,
    "scale_up_memory_pct": 80,
    "scale_down_memory_pct": 40,
    "scale_up_response_ms": 1000,
    "scale_down_response_ms": 500,
    "scale_min_instances": 2,
    "scale_max_instances": 10,
    "scale_up_cooldown_s": 300,
    "scale_down_cooldown_s": 600,
    "cache_default_ttl_s": 3600,
    "cache_query_ttl_s": 1800,
    "cache_api_ttl_s": 300,
    "cache_popular_ttl_s": 600,
    "pool_size": 20,
    "pool_overflow": 30,
    "pool_recycle_s": 3600,
    "keep_fine_s": 24 * 3600,
    "keep_minute_days": 90,
    "keep_hour_days": 2 * 365,
}


@pytest.mark.parametrize(("name", "value"), THE_DOCUMENTS.items())
def test_a_figure_of_the_document_is_its_default(name, value):
    assert getattr(Budgets(), name) == value


@pytest.mark.parametrize("item", fields(Budgets), ids=lambda item: item.name)
def test_every_name_says_its_unit_or_counts_something(item):
    units = ("_ms", "_s", "_pct", "_bytes", "_days", "_requests", "_instances", "_count", "pool_size", "pool_overflow")
    assert item.name.endswith(units)


def test_limits_are_in_order():
    budgets = Budgets()
    assert budgets.p50_ms < budgets.p90_ms < budgets.p95_ms < budgets.p99_ms
    assert budgets.alert_error_warning_pct < budgets.alert_error_critical_pct
    for of in ("cpu_pct", "memory_pct", "response_ms"):
        assert getattr(budgets, f"scale_down_{of}") < getattr(budgets, f"scale_up_{of}")
    assert budgets.scale_min_instances <= budgets.scale_max_instances


def test_everything_a_range_reads_is_kept_for_as_long_as_it_reaches():
    budgets = Budgets()
    assert budgets.keep_fine_s >= 2 * max(range_.seconds for range_ in RANGES.values() if range_.bucket_s <= TEN)
    assert budgets.keep_hour_days * DAY >= 2 * max(range_.seconds for range_ in RANGES.values())


def test_the_table_is_one_and_nobody_changes_it_in_place(settings):
    settings.PERF_BUDGETS = {"p95_ms": 750}
    assert get_budgets() is get_budgets()
    with pytest.raises(FrozenInstanceError):
        get_budgets().p95_ms = 1
