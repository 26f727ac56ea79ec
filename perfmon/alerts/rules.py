"""Alert rules and their state machine: pure functions of a reading and a time, no database and no Django.

The semantics are Prometheus' (``for``, ``keep_firing_for``, a failed query changes nothing) with Netdata's hysteresis::

    inactive ──true──► pending ──true for for_s──► firing ◄──true── held
        ▲                 │                          │               ▲ │
        └──────false──────┘                          └────false──────┘ └─ false for keep_firing_s ──► resolved

"True" is ``value > raise_above`` until the alert fires and ``value >= clear_below`` from then on. No data is
neither true nor false: the state stays, nobody is told, and ``RuleStatus`` says since when.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite

from perfmon.budgets import Budgets


class Severity(StrEnum):
    """How urgent an alert is."""

    WARNING = "warning"
    CRITICAL = "critical"


class State(StrEnum):
    """Where an incident stands; ``held`` is firing, kept by ``keep_firing_s`` after the figure fell."""

    INACTIVE = "inactive"
    PENDING = "pending"
    FIRING = "firing"
    HELD = "held"
    RESOLVED = "resolved"


class Unit(StrEnum):
    """Units a rule's figures come in; a count has none."""

    MS = "ms"
    PCT = "%"
    COUNT = ""


FIRING_STATES = (State.FIRING, State.HELD)
OPEN_STATES = (State.PENDING, *FIRING_STATES)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is watched and when it is worth telling: limits in ``unit``, durations in seconds.

    ``quantity`` names the reading (``p95``, ``errors``, ``cpu``, ``memory``, ``failed``, ``wait``, ``queued``,
    ``first_token``, ``answer``); ``min_count`` is the number of events without which a reading says nothing.
    """

    name: str
    severity: Severity
    quantity: str
    unit: Unit
    raise_above: float
    clear_below: float
    for_s: float
    keep_firing_s: float
    min_count: int
    window_s: int


@dataclass(frozen=True, slots=True)
class Reading:
    """One evaluation's figure, in the rule's unit, and how many events it stands on; ``value`` None = no data."""

    value: float | None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Incident:
    """What the state machine remembers between evaluations; times are Unix seconds."""

    state: State = State.INACTIVE
    pending_at: float = 0.0
    fired_at: float | None = None
    held_at: float | None = None
    resolved_at: float | None = None
    evaluated_at: float = float("-inf")
    value: float = 0.0
    peak: float = 0.0


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state."""

    old: State
    new: State
    at: float
    value: float


def step(rule: Rule, incident: Incident, reading: Reading, now: float) -> tuple[Incident, Transition | None]:
    """Return the incident after one evaluation at ``now``, and the change of state if there was one.

    An evaluation that is not later than the last one is skipped, and one without data changes nothing.
    """
    value = reading.value
    if now <= incident.evaluated_at or value is None or not has_data(rule, reading):
        return incident, None
    before = Incident() if incident.state == State.RESOLVED else incident
    seen = replace(before, evaluated_at=now, value=value, peak=max(before.peak, value))
    after = _if_true(rule, seen, now) if _is_true(rule, before.state, value) else _if_false(rule, seen, now)
    if after.state == before.state:
        return after, None
    return after, Transition(before.state, after.state, now, value)


def has_data(rule: Rule, reading: Reading) -> bool:
    """Whether the reading says anything: a finite figure on enough events."""
    return reading.value is not None and isfinite(reading.value) and reading.count >= rule.min_count


def _is_true(rule: Rule, state: State, value: float) -> bool:
    return value >= rule.clear_below if state in FIRING_STATES else value > rule.raise_above


def _if_true(rule: Rule, incident: Incident, now: float) -> Incident:
    if incident.state in FIRING_STATES:
        return replace(incident, state=State.FIRING, held_at=None)
    pending_at = incident.pending_at if incident.state == State.PENDING else now
    if now - pending_at >= rule.for_s:
        return replace(incident, state=State.FIRING, pending_at=pending_at, fired_at=now)
    return replace(incident, state=State.PENDING, pending_at=pending_at)


def _if_false(rule: Rule, incident: Incident, now: float) -> Incident:
    if incident.state not in FIRING_STATES:
        return Incident(evaluated_at=now)
    held_at = now if incident.held_at is None else incident.held_at
    if now - held_at < rule.keep_firing_s:
        return replace(incident, state=State.HELD, held_at=held_at)
    return replace(incident, state=State.RESOLVED, resolved_at=now)


def request_rules(budgets: Budgets) -> tuple[Rule, ...]:
    """The rules over all requests: ``high_response_time`` in ms, ``high_error_rate`` in percent, twice."""
    p95, warning, critical = budgets.alert_p95_ms, budgets.alert_error_warning_pct, budgets.alert_error_critical_pct
    share = 1 - budgets.alert_clear_margin_pct / 100
    count = budgets.alert_min_requests
    return (
        _rule(budgets, "high_response_time", "p95", Unit.MS, p95, p95 * share, min_count=count),
        _rule(
            budgets, "high_error_rate", "errors", Unit.PCT, critical, critical * share,
            severity=Severity.CRITICAL, min_count=count,
        ),
        _rule(budgets, "high_error_rate", "errors", Unit.PCT, warning, warning * share, min_count=count),
    )  # fmt: skip


def host_rules(budgets: Budgets) -> tuple[Rule, ...]:
    """The rules over each host: ``high_cpu`` and ``high_memory``, both in percent of what the host has.

    They clear the margin's number of points lower (80 -> 70 %), as the field does for shares of a capacity. The
    request rules clear that share of the limit lower, because ten points below an error rate of 5 % is no figure.
    """
    cpu, memory, points = budgets.alert_cpu_pct, budgets.alert_memory_pct, budgets.alert_clear_margin_pct
    return (
        _rule(budgets, "high_cpu", "cpu", Unit.PCT, cpu, max(0, cpu - points)),
        _rule(budgets, "high_memory", "memory", Unit.PCT, memory, max(0, memory - points)),
    )


def data_rules(budgets: Budgets) -> tuple[Rule, ...]:
    """The rules over each cache and each database pool: ``cache_errors`` in failed calls, ``high_pool_wait`` in ms.

    A cache that fails is made up for by the site, so nobody would notice: it fires at once, and with a limit of 0
    at the first failed call.
    """
    failed, wait_ms = budgets.alert_cache_error_count, budgets.alert_pool_wait_ms
    share, count = 1 - budgets.alert_clear_margin_pct / 100, budgets.alert_min_requests
    return (
        _rule(budgets, "cache_errors", "failed", Unit.COUNT, failed, max(1, failed * share), for_s=0),
        _rule(budgets, "high_pool_wait", "wait", Unit.MS, wait_ms, wait_ms * share, min_count=count),
    )


def work_rules(budgets: Budgets) -> tuple[Rule, ...]:
    """The rules over each queue of tasks and each provider of language models, all in ms.

    ``high_queue_wait``, ``slow_first_token`` and ``slow_answers``; the last two are judged on a handful of calls.
    """
    share, count = 1 - budgets.alert_clear_margin_pct / 100, budgets.provider_min_count
    queued, first, answer = budgets.alert_queue_wait_ms, budgets.provider_first_token_ms, budgets.provider_total_ms
    return (
        _rule(budgets, "high_queue_wait", "queued", Unit.MS, queued, queued * share),
        _rule(budgets, "slow_first_token", "first_token", Unit.MS, first, first * share, min_count=count),
        _rule(budgets, "slow_answers", "answer", Unit.MS, answer, answer * share, min_count=count),
    )


def _rule(
    budgets: Budgets,
    name: str,
    quantity: str,
    unit: Unit,
    limit: float,
    clear_below: float,
    *,
    severity: Severity = Severity.WARNING,
    min_count: int = 1,
    for_s: float | None = None,
) -> Rule:
    if for_s is None:
        for_s = budgets.alert_for_critical_s if severity == Severity.CRITICAL else budgets.alert_for_warning_s
    return Rule(
        name=name,
        severity=severity,
        quantity=quantity,
        unit=unit,
        raise_above=limit,
        clear_below=clear_below,
        for_s=for_s,
        keep_firing_s=budgets.alert_keep_firing_s,
        min_count=min_count,
        window_s=budgets.alert_window_s,
    )
