"""Failures have names, and stay in the figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from omniwriter.stack.ports import free_port
from perfmon.loadtest.plans import Action
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]

#: What a path does, and what its failures are called.
NAMES = {
    "/status/503": "503",
    "/moved": "302",
    "/cut": "cut",
    "/slam": "cut",
    "/reset": "reset",
    "/garbled": "garbled",
    "/wait": "timed out",
}


def test_failures_are_named_and_counted(counting_site: Site, generate: Generate) -> None:
    actions = tuple(Action(f"GET {path}", path) for path in NAMES)
    generator = generate()
    generator.begin(plan_of(counting_site, *actions, timeout_s=2.0), target=8)
    eventually(lambda: len(counting_site.counts) == len(NAMES) and min(counting_site.counts.values()) >= 3)
    last = generator.end()
    assert last["sent"] == counting_site.counts
    assert last["answered"] == {key: last["sent"][key] for key in ("0", "1")}
    named = {str(number): {name: last["sent"][str(number)]} for number, name in enumerate(NAMES.values())}
    assert last["failures"] == generator.failures == named
    for key, count in last["sent"].items():
        window = generator.windows[("latency", key)]  # type: ignore[index]
        assert (window.count, window.errors) == (count, count)
        assert generator.count("service", key) == count


def test_expected_statuses_and_answers_without_a_length_are_none(counting_site: Site, generate: Generate) -> None:
    actions = (Action("a", "/status/404", expects=(200, 404)), Action("b", "/unmeasured"), Action("c", "/status/204"))
    actions = (*actions[:2], replace(actions[2], expects=(204,)), Action("d", "/ok", method="HEAD"))
    generator = generate()
    generator.begin(plan_of(counting_site, *actions), target=4)
    eventually(lambda: len(counting_site.counts) == 4 and min(counting_site.counts.values()) >= 5)
    last = generator.end()
    assert last["sent"] == last["answered"] == counting_site.counts
    assert last["failures"] == {}


def test_nothing_is_sent_where_no_server_is(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    nowhere = replace(plan_of(counting_site), host=f"http://127.0.0.1:{free_port()}")
    generator.begin(nowhere, target=2)
    eventually(lambda: generator.frame.get("failures"))
    last = generator.end()
    assert last["sent"] == last["answered"] == {}
    assert last["failures"] == {"0": {"refused": generator.count("latency")}}
