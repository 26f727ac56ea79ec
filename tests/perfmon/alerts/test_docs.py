"""The documentation says what the code does."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from perfmon.alerts.rules import Rule, data_rules, host_rules, request_rules, work_rules
from perfmon.budgets import Budgets
from perfmon.schema import MAX_ENDPOINT_CHARS, METHODS, read_metrics
from perfmon.tokens import SCOPES

DOCS = Path(__file__).resolve().parents[3] / "docs"
RULES = tuple(rule for rules in (request_rules, host_rules, data_rules, work_rules) for rule in rules(Budgets()))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.name}-{rule.severity}")
def test_the_table_of_rules_has_their_limits(rule: Rule) -> None:
    row = next(
        [cell.strip() for cell in line.strip("| \n").split("|")]
        for line in (DOCS / "alerts.md").read_text().splitlines()
        if line.startswith(f"| `{rule.name}` | {rule.severity} |")
    )
    limits = [float(re.sub(r"[^\d.]", "", cell)) for cell in row[3:]]
    assert limits == [rule.raise_above, rule.clear_below, rule.for_s]


def test_the_api_page_names_scopes_methods_and_lengths() -> None:
    text = (DOCS / "api-metrics.md").read_text()
    assert all(f"`{scope}`" in text for scope in SCOPES)
    assert all(f"`{method}`" in text for method in METHODS)
    assert f"at most {MAX_ENDPOINT_CHARS} characters" in text


def test_the_metric_shown_in_the_api_page_is_accepted() -> None:
    (example,) = re.findall(r"-d '(\{.*\})'", (DOCS / "api-metrics.md").read_text())
    metrics, errors = read_metrics(json.loads(example), now=1_800_000_000, late_limit_s=300, max_items=1)
    assert errors == []
    assert metrics[0].duration_ns == 41_200_000
