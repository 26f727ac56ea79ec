"""Whether a plan can be done, before anything is sent: each field with what is asked of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from perfmon.loadtest.generator.kinds import KINDS
from perfmon.loadtest.generator.protocol import PlanError
from perfmon.loadtest.generator.templates import words_in
from perfmon.loadtest.plans import MODELS, Action, Plan

MAX_USERS = 20_000
MAX_WORKERS = 64

_HOST = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # no line ends: a header must not become two
_PATH = re.compile(r"/(?!/)[^\s\x00-\x1f\x7f]*")


def _headers_fit(headers: Mapping[str, str]) -> bool:
    return all(_TOKEN.fullmatch(name) and _VALUE.fullmatch(value) for name, value in headers.items())


def _choices_fit(action: Action) -> bool:
    wanted = words_in(action.path) - {"n"}
    return wanted <= action.choices.keys() and all(action.choices.values())


_PLAN: tuple[tuple[str, Callable[[Plan], Any], str], ...] = (
    ("host", lambda plan: _HOST.fullmatch(plan.host), "must be like http://127.0.0.1:8000, with nothing after it"),
    ("mark", lambda plan: plan.mark and _VALUE.fullmatch(plan.mark), "must be a text that fits into a header"),
    ("model", lambda plan: plan.model in MODELS, f"must be one of {', '.join(MODELS)}"),
    ("actions", lambda plan: any(one.weight > 0 for one in plan.actions), "must hold one with a weight"),
    ("think_s", lambda plan: 0 <= plan.think_s[0] <= plan.think_s[1] < math.inf, "must be two numbers, least first"),
    ("timeout_s", lambda plan: 0 < plan.timeout_s < math.inf, "must be more than 0"),
    ("most_users", lambda plan: 1 <= plan.most_users <= MAX_USERS, f"must be from 1 to {MAX_USERS}"),
    ("workers", lambda plan: 0 <= plan.workers <= MAX_WORKERS, f"must be from 0 to {MAX_WORKERS}"),
)
_ACTION: tuple[tuple[str, Callable[[Action], Any], str], ...] = (
    ("path", lambda action: _PATH.fullmatch(action.path), "must begin with one slash and hold no spaces"),
    ("method", lambda action: _TOKEN.fullmatch(action.method), "must be an HTTP method"),
    ("weight", lambda action: action.weight >= 0, "must not be negative"),
    ("kind", lambda action: action.kind in KINDS, f"must be one of {', '.join(KINDS)}"),
    ("headers", lambda action: _headers_fit(action.headers), "must be names and texts without line ends"),
    ("choices", _choices_fit, "must hold values for each word in the path"),
    ("expects", lambda action: all(100 <= code <= 599 for code in action.expects), "must be HTTP statuses"),
)


def read_plan(told: Any) -> Plan:
    """Return the plan that was told; raises PlanError naming the first field that is wrong."""
    try:
        plan = Plan.from_wire(told)
    except (TypeError, KeyError, ValueError) as error:
        raise PlanError(f"The plan can't be read: {error}.", "plan") from error
    _check(plan, _PLAN, "")
    for number, action in enumerate(plan.actions):
        _check(action, _ACTION, f"actions[{number}].")
    for number, session in enumerate(plan.sessions):
        if not _fits(_headers_fit, session.headers):
            raise PlanError("A session's headers must be names and texts without line ends.", f"sessions[{number}]")
    return plan


def _check(subject: Any, checks: tuple[tuple[str, Callable[[Any], Any], str], ...], place: str) -> None:
    for field, test, rule in checks:
        if not _fits(test, subject):
            raise PlanError(f"The plan's {place}{field} {rule}.", f"{place}{field}")


def _fits(test: Callable[[Any], Any], subject: Any) -> bool:
    try:
        return bool(test(subject))
    except (TypeError, AttributeError, IndexError):  # a value of another type than the field's
        return False
