"""Readings for the rules: the blocks of the window, each read once, give every figure of one evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from perfmon.alerts.rules import Reading, Rule, data_rules, host_rules, request_rules
from perfmon.budgets import Budgets
from perfmon.series import NS_PER_MS, OVERFLOW_KEY, TOTAL_KEY, Window
from perfmon.store import selectors
from perfmon.store.fine import one_view

MAX_SCOPES = 100
_MILLI_PCT = 1000
_NOTHING = Reading(None)


class Evaluation(NamedTuple):
    """One rule, the scope it is evaluated in (a host, an alias, or empty for all) and its reading."""

    rule: Rule
    scope: str
    reading: Reading


def read_all(budgets: Budgets, known: Iterable[tuple[str, str]], now: float) -> list[Evaluation]:
    """Read what every rule needs over its window before ``now`` (Unix s); raises StoreUnavailable.

    ``known`` are the rules and scopes judged before; they are judged too when they have no readings, which is then
    what is said about them.
    """
    scopes: dict[str, set[str]] = {}
    for rule_name, scope in known:
        scopes.setdefault(rule_name, set()).add(scope)
    with one_view():
        found = [Evaluation(rule, "", _request_reading(rule, budgets, now)) for rule in request_rules(budgets)]
        for rule in (*host_rules(budgets), *data_rules(budgets)):
            read = {"failed": _cache_readings, "wait": _pool_readings}.get(rule.quantity, _host_readings)
            before = dict.fromkeys(scopes.get(rule.name, ()), _NOTHING)
            readings = _bounded(before | read(rule, before, now))
            found += [Evaluation(rule, scope, reading) for scope, reading in readings.items()]
    return found


def _request_reading(rule: Rule, budgets: Budgets, now: float) -> Reading:
    window = selectors.window_between("request", TOTAL_KEY, int(now) - budgets.alert_window_s, int(now))
    if rule.quantity == "errors":
        return Reading(window.error_pct, window.count)
    return Reading(_p95_ms(window), window.count)


def _host_readings(rule: Rule, known: Iterable[str], now: float) -> dict[str, Reading]:
    found = {}
    for key, window in selectors.latest("host", now, seconds=rule.window_s).items():
        host, _slash, gauge = key.rpartition("/")
        if gauge == rule.quantity and host != TOTAL_KEY and window.mean is not None:
            found[host] = Reading(window.mean / _MILLI_PCT, window.count)
    return found


def _cache_readings(rule: Rule, known: Iterable[str], now: float) -> dict[str, Reading]:
    """Failed calls by alias. None is a reading too, as long as some process measured at all."""
    alive = selectors.window_between("self", "flush", int(now) - rule.window_s, int(now)).count
    failed = selectors.latest("cache_error", now, seconds=rule.window_s)
    return {alias: Reading(failed[alias].count if alias in failed else 0, alive) for alias in {*known, *failed}}


def _pool_readings(rule: Rule, known: Iterable[str], now: float) -> dict[str, Reading]:
    waits = selectors.latest("pool", now, seconds=rule.window_s)
    return {alias: Reading(_p95_ms(window), window.count) for alias, window in waits.items()}


def _p95_ms(window: Window) -> float | None:
    p95_ns = window.percentile(95)
    return None if p95_ns is None else p95_ns / NS_PER_MS


def _bounded(readings: dict[str, Reading]) -> dict[str, Reading]:
    """Return the readings of the first ``MAX_SCOPES`` scopes; those past it are watched together, by the worst."""
    scopes = sorted(readings.keys() - {OVERFLOW_KEY})
    kept = {scope: readings[scope] for scope in scopes[:MAX_SCOPES]}
    rest = [readings[scope] for scope in scopes[MAX_SCOPES:]]
    if rest or OVERFLOW_KEY in readings:
        rest.append(readings.get(OVERFLOW_KEY, _NOTHING))
        kept[OVERFLOW_KEY] = max(rest, key=lambda reading: reading.value or 0.0)
    return kept
