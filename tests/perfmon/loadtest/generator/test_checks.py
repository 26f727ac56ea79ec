"""A plan that can't be done is refused before anything is sent, with the field to mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perfmon.loadtest.generator.checks import read_plan
from perfmon.loadtest.generator.protocol import PlanError
from perfmon.loadtest.plans import OPEN, Action, Plan, Session

ACTION = Action("GET /", "/{slug}?{n}", choices={"slug": ["a"]})
PLAN = Plan(host="https://[::1]:8000", mark="12.abc", model=OPEN, actions=(ACTION,), sessions=(Session({"A": "b"}),))


def refused(plan: Plan) -> PlanError:
    with pytest.raises(PlanError) as caught:
        read_plan(plan.to_wire())
    return caught.value


def test_a_good_plan_comes_back_as_it_was() -> None:
    assert read_plan(PLAN.to_wire()) == PLAN


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("host", "http://a/path"), ("host", "ftp://a"), ("host", "http://user@a"), ("host", 3), ("mark", ""),
        ("mark", "a\r\nB: c"), ("model", "half open"), ("actions", ()), ("think_s", (2.0, 1.0)), ("think_s", (1.0,)),
        ("timeout_s", 0.0), ("timeout_s", float("nan")), ("most_users", 0), ("workers", -1), ("workers", 65),
    ],
)  # fmt: skip
def test_a_bad_field_of_the_plan_is_named(field: str, value: Any) -> None:
    assert refused(replace(PLAN, **{field: value})).field == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("path", "//elsewhere/"), ("path", "http://elsewhere/"), ("path", "/a b"), ("path", ""), ("method", "GET /"),
        ("weight", -1), ("kind", "ftp"), ("headers", {"A": "b\nC: d"}), ("headers", {"A:": "b"}), ("headers", {"A": 1}),
        ("choices", {}), ("choices", {"slug": []}), ("expects", (99,)),
    ],
)  # fmt: skip
def test_a_bad_field_of_an_action_is_named(field: str, value: Any) -> None:
    assert refused(replace(PLAN, actions=(ACTION, replace(ACTION, **{field: value})))).field == f"actions[1].{field}"


def test_a_sessions_headers_are_never_told() -> None:
    error = refused(replace(PLAN, sessions=(Session({"Cookie": "secret\r\n"}),)))
    assert error.field == "sessions[0]"
    assert "secret" not in str(error)


@pytest.mark.parametrize("told", [None, 3, {}, {"host": "http://a"}, {**PLAN.to_wire(), "more": 1}])
def test_what_is_no_plan_is_refused(told: Any) -> None:
    with pytest.raises(PlanError, match="plan can't be read"):
        read_plan(told)
