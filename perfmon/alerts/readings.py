"""Readings for the rules: the blocks of the window, each read once, give every figure of one evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

from perfmon.alerts.rules import Reading, Rule, data_rules, host_rules, request_rules, work_rules
from perfmon.budgets import Budgets
from perfmon.conf import get_config
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
        for rule in (*host_rules(budgets), *data_rules(budgets), *work_rules(budgets)):
            before = dict.fromkeys(scopes.get(rule.name, ()), _NOTHING)
            readings = _bounded(before | _READERS[rule.quantity](rule, before, now))
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
    alive = selectors.count_between("self", "flush", int(now) - rule.window_s, int(now))
    failed = selectors.latest("cache_error", now, seconds=rule.window_s)
    return {alias: Reading(failed[alias].count if alias in failed else 0, alive) for alias in {*known, *failed}}


def _p95_readings(kind: str, rule: Rule, known: Iterable[str], now: float) -> dict[str, Reading]:
    """The 95th percentile of each key of a kind of durations."""
    found = selectors.latest(kind, now, seconds=rule.window_s)
    return {key: Reading(_p95_ms(window), window.count) for key, window in found.items() if key != TOTAL_KEY}


def _queue_readings(rule: Rule, known: Iterable[str], now: float) -> dict[str, Reading]:
    """Waits by queue. Where messages wait and none was taken, the wait is the whole window at the least.

    A queue in which nothing waits and from which nothing was taken has no wait, as long as somebody looked.
    """
    found = _p95_readings("queue_wait", rule, known, now)
    for name, window in selectors.latest("queue_length", now, seconds=rule.window_s).items():
        if name not in found:
            found[name] = Reading(1000.0 * rule.window_s if (window.mean or 0) >= 1 else 0.0, window.count)
    return {name: reading for name, reading in found.items() if name not in get_config().patient_queues}


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


_READERS: dict[str, Callable[[Rule, Iterable[str], float], dict[str, Reading]]] = {
    "cpu": _host_readings,
    "memory": _host_readings,
    "failed": _cache_readings,
    "wait": partial(_p95_readings, "pool"),
    "queued": _queue_readings,
    "first_token": partial(_p95_readings, "provider_first"),
    "answer": partial(_p95_readings, "provider"),
}
