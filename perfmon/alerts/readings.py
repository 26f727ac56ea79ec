"""Readings for the rules: two bounded reads of the fine store give every figure of one evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from perfmon.alerts.rules import Reading, Rule, host_rules, request_rules
from perfmon.budgets import Budgets
from perfmon.series import NS_PER_MS, OVERFLOW_KEY, TOTAL_KEY, Window
from perfmon.store import selectors

MAX_HOSTS = 100
_MILLI_PCT = 1000


class Evaluation(NamedTuple):
    """One rule, the scope it is evaluated in (a host, or empty for all) and its reading."""

    rule: Rule
    scope: str
    reading: Reading


def read_all(budgets: Budgets, known_hosts: Iterable[str], now: float) -> list[Evaluation]:
    """Read what every rule needs over its window before ``now`` (Unix s); raises StoreUnavailable.

    ``known_hosts`` are judged too when they have no readings, which is then what is said about them.
    """
    end = int(now)
    requests = selectors.window_between("request", TOTAL_KEY, end - budgets.alert_window_s, end)
    found = [Evaluation(rule, "", _request_reading(rule, requests)) for rule in request_rules(budgets)]
    gauges = selectors.latest("host", now, seconds=budgets.alert_window_s)
    for rule in host_rules(budgets):
        found += [Evaluation(rule, host, reading) for host, reading in _host_readings(rule, gauges, known_hosts)]
    return found


def _request_reading(rule: Rule, window: Window) -> Reading:
    if rule.quantity == "errors":
        return Reading(window.error_pct, window.count)
    p95_ns = window.percentile(95)
    return Reading(None if p95_ns is None else p95_ns / NS_PER_MS, window.count)


def _host_readings(rule: Rule, gauges: dict[str, Window], known_hosts: Iterable[str]) -> list[tuple[str, Reading]]:
    readings = {host: Reading(None) for host in known_hosts}
    for key, window in gauges.items():
        host, _slash, gauge = key.rpartition("/")
        if gauge == rule.quantity and host != TOTAL_KEY and window.mean is not None:
            readings[host] = Reading(window.mean / _MILLI_PCT, window.count)
    return _bounded(sorted(readings.items()))


def _bounded(readings: list[tuple[str, Reading]]) -> list[tuple[str, Reading]]:
    kept, rest = readings[:MAX_HOSTS], readings[MAX_HOSTS:]
    if not rest:
        return kept
    # Hosts past the limit are watched together, by the worst of them.
    worst = max((reading for _host, reading in rest), key=lambda reading: reading.value or 0.0)
    return [*kept, (OVERFLOW_KEY, worst)]
