"""Two stored runs side by side."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from perfmon.loadtest.figures import line
from perfmon.loadtest.models import LoadRun
from perfmon.loadtest.profiles import PROFILES
from perfmon.loadtest.runs_compared import comparison
from perfmon.series import Window

MACHINE = {"id": "3f2a", "cpu": "Fast 3"}
LIST, ARTICLE = "GET /articles/", "GET /articles/<slug>/"


def window(count: int, middle_ms: float, errors: int = 0) -> Window:
    """Latencies around a middle."""
    found = Window()
    for at in range(count):
        found.add(int(1e6 * middle_ms * (0.5 + at * 37 % 101 / 100)), at < errors)
    return found


def run(actions: dict[str, Window], profile: str = "load", **more: Any) -> LoadRun:
    """A run as it is stored, of a minute."""
    lines = [line(name, {"latency": one}, Counter(), 60, (one.count, one.count)) for name, one in actions.items()]
    total = Window()
    for one in actions.values():
        total.merge(one)
    summary = {"actions": lines, "total": line("", {"latency": total}, Counter(), 60, (total.count, total.count))}
    kept = {"profile": PROFILES[profile].to_json(), "machine": MACHINE, "summary": summary, **more}
    return LoadRun(profile_name=profile, **kept)


def figures(found: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """An action's figures by name."""
    action = next(one for one in found["actions"] if one["name"] == name)
    return {one["figure"]: one for one in action["figures"]}


def test_the_same_twice_is_the_same():
    one = run({LIST: window(1000, 20), ARTICLE: window(500, 40)})
    found = comparison(one, one)
    assert (found["kind"], found["verdict"], found["failed"], found["notes"]) == ("runs", "same", False, ())
    assert [one["name"] for one in found["actions"]] == [LIST, ARTICLE]
    assert set(figures(found, LIST)) == {"p50", "p95", "p99", "rate", "errors"}
    assert found["total"]["verdict"] == "same"
    assert json.loads(json.dumps(found))["actions"]


def test_a_slower_action_is_worse_and_the_others_are_not():
    before, after = ({LIST: window(1000, 20), ARTICLE: window(500, middle_ms)} for middle_ms in (40, 60))
    found = comparison(run(after), run(before))
    p95 = figures(found, ARTICLE)["p95"]
    assert p95["verdict"] == found["verdict"] == "worse"
    assert p95["low"] < p95["change"] < p95["high"]
    assert 48 < p95["change"] < 52
    assert figures(found, LIST)["p95"]["verdict"] == "same"


def test_a_change_within_the_noise_is_unknown():
    found = comparison(run({LIST: window(25, 23)}), run({LIST: window(25, 20)}))
    assert figures(found, LIST)["p50"]["verdict"] == "unknown"


def test_few_requests_say_nothing_of_percentiles():
    found = comparison(run({LIST: window(10, 200)}), run({LIST: window(1000, 20)}))
    assert figures(found, LIST)["p95"] == {
        **figures(found, LIST)["p95"], "change": None, "low": None, "high": None, "verdict": "unknown",
    }  # fmt: skip


def test_more_errors_are_worse_and_none_before_is_no_obstacle():
    found = comparison(run({LIST: window(1000, 20, errors=50)}), run({LIST: window(1000, 20)}))
    errors = figures(found, LIST)["errors"]
    assert (errors["before"], errors["after"], errors["change"], errors["change_unit"]) == (0.0, 5.0, 5.0, "points")
    assert errors["verdict"] == "worse"


def test_fewer_a_second_is_worse():
    found = comparison(run({LIST: window(500, 20)}), run({LIST: window(1000, 20)}))
    assert figures(found, LIST)["rate"]["verdict"] == "worse"


def test_what_is_not_alike_is_said_first():
    before = run({LIST: window(100, 20)}, machine={"id": "aaaa", "cpu": "Slow 1"})
    after = run({ARTICLE: window(100, 20)}, profile="smoke")
    found = comparison(after, before)
    assert found["notes"] == (
        {"code": "other_machine", "before": "Slow 1", "after": "Fast 3"},
        {"code": "other_profile", "before": "load", "after": "smoke"},
        {"code": "route_new", "name": ARTICLE},
        {"code": "route_gone", "name": LIST},
    )
    assert [one["state"] for one in found["actions"]] == ["new", "gone"]
    assert found["verdict"] == "unknown"


def test_a_run_without_figures_can_be_compared():
    broken = LoadRun(profile_name="load", profile=PROFILES["load"].to_json())
    assert comparison(broken, broken)["verdict"] == "unknown"


@given(st.integers(0, 300), st.integers(0, 300), st.floats(1, 1000), st.floats(1, 1000))
def test_turned_around_it_says_the_opposite(count, other_count, middle_ms, other_ms):
    one, other = run({LIST: window(count, middle_ms)}), run({LIST: window(other_count, other_ms)})
    there, back = (figures(found, LIST) for found in (comparison(one, other), comparison(other, one)))
    opposite = {"worse": "better", "better": "worse", "same": "same", "unknown": "unknown"}
    for name in ("p50", "p95", "p99", "rate"):
        if there[name]["change"] is None or abs(there[name]["change"]) < 8 or 8 < abs(there[name]["change"]) < 12:
            continue
        assert back[name]["verdict"] == opposite[there[name]["verdict"]]
