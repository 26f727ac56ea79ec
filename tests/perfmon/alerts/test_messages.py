"""Alerts in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from perfmon.alerts.messages import figure, rule_label, sentence


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (873.4, "ms", "873 ms"),
        (2406.7, "ms", "2.41 s"),
        (61_250, "ms", "61.2 s"),
        (7.000000000000001, "%", "7%"),
        (0.5249, "%", "0.52%"),
        (91.234, "%", "91.2%"),
        (100.0, "%", "100%"),
        (0.0, "%", "0%"),
        (12.0, "", "12"),
    ],
)
def test_figures_have_a_unit_and_about_three_digits(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text


def test_figures_use_the_readers_decimal_mark() -> None:
    with translation.override("pt-br"):
        assert figure(2406.7, "ms") == "2,41 s"


def test_a_rule_of_another_version_is_told_by_its_own_name() -> None:
    assert rule_label("slow_queue") == "slow_queue"
    text = sentence("slow_queue", scope="", value=12, limit=10, unit="ms", window_s=60)
    assert text == "slow_queue: 12 ms over the last 60 s; the limit is 10 ms."
