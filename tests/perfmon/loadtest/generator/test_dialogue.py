"""A run from the plan to the last word: every request is counted once, by whatever way it ends."""

from __future__ import annotations

from collections.abc import Callable

from perfmon.loadtest.plans import OPEN, Action
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]


def test_closed_users_are_counted_exactly(counting_site: Site, generate: Generate) -> None:
    actions = (Action("GET /ok", "/ok", weight=3), Action("POST /ok", "/ok", method="POST", body={"a": "b"}))
    generator = generate()
    generator.begin(plan_of(counting_site, *actions), target=4)
    eventually(lambda: len(counting_site.seen) >= 100)
    last = generator.end()
    assert generator.process.returncode == 0
    assert last["sent"] == last["answered"] == counting_site.counts
    assert {key: generator.count("latency", key) for key in ("0", "1")} == counting_site.counts
    assert generator.failures == {}


def test_arrivals_are_counted_exactly(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, model=OPEN), target=200)
    eventually(lambda: len(counting_site.seen) >= 200)
    last = generator.end()
    assert last["sent"] == last["answered"] == counting_site.counts
    assert generator.count("latency") == generator.count("service") == len(counting_site.seen)
