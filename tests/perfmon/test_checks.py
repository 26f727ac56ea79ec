"""System checks: each mistake is named with an id and a way out."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import CheckMessage, run_checks

FIRST = "perfmon.middleware.PerfmonMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"


def messages() -> dict[str, CheckMessage]:
    return {str(message.id): message for message in run_checks(tags=["perfmon"])}


def test_the_projects_own_settings_pass() -> None:
    assert messages() == {}


@pytest.mark.parametrize(
    ("name", "value", "code", "told"),
    [
        ("PERFMON", {"VALKEY_ULR": ""}, "perfmon.E001", "did you mean 'VALKEY_URL'"),
        ("PERFMON", {"MAX_SERIES": "many"}, "perfmon.E001", "must be of type int"),
        ("PERFMON", "on", "perfmon.E001", "must be a dict"),
        ("PERF_BUDGETS", {"p59_ms": 1}, "perfmon.E002", "did you mean"),
        ("PERF_BUDGETS", {"p95_ms": -5}, "perfmon.E002", "must not be negative"),
        ("PERFMON", {"RECORDERS": ["perfmon.recorders.Nothing"]}, "perfmon.E003", "can't be imported"),
        ("PERFMON", {"PANELS": ["nowhere.Panel"]}, "perfmon.E003", "can't be imported"),
        ("PERFMON", {"EXTRA_RECORDERS": ["nowhere.Recorder"]}, "perfmon.E003", "nowhere.Recorder can't be imported"),
        ("PERFMON", {"EXTRA_PANELS": ["nowhere.Panel"]}, "perfmon.E003", "nowhere.Panel can't be imported"),
        ("PERF_BUDGETS", {"alert_error_warning_pct": 9}, "perfmon.E004", "above alert_error_critical_pct"),
        ("PERF_BUDGETS", {"alert_clear_margin_pct": 100}, "perfmon.E004", "alert_clear_margin_pct"),
        ("PERF_BUDGETS", {"alert_window_s": 0}, "perfmon.E004", "alert_window_s"),
        ("PERF_BUDGETS", {"provider_first_token_ms": 90_000}, "perfmon.E004", "above provider_total_ms"),
        ("MIDDLEWARE", [COMMON], "perfmon.W001", "missing"),
        ("MIDDLEWARE", [COMMON, FIRST], "perfmon.W002", "not first"),
    ],
)
def test_a_mistake_is_named_with_its_id_and_a_hint(settings: Any, name: str, value: Any, code: str, told: str) -> None:
    setattr(settings, name, value)
    found = messages()
    assert list(found) == [code]
    assert told in found[code].msg
    assert found[code].hint


def test_a_malformed_setting_stops_the_start_and_an_odd_order_does_not(settings: Any) -> None:
    settings.PERFMON = {"NO_SUCH_KEY": 1}
    settings.MIDDLEWARE = [COMMON, FIRST]
    found = messages()
    assert found["perfmon.E001"].is_serious()
    assert not found["perfmon.W002"].is_serious()
