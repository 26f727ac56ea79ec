"""What a request carries: mark, session, headers, and texts filled anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import unquote

from perfmon.loadtest.plans import Action, Session
from tests.fixtures.counting_site import Site
from tests.fixtures.generator import Generator, plan_of
from tests.waiting import eventually

Generate = Callable[..., Generator]
SESSIONS = (Session({"Cookie": "s=a"}), Session({"Cookie": "s=b"}))


def test_requests_carry_mark_session_and_filled_texts(counting_site: Site, generate: Generate) -> None:
    words = {"slug": ["a/b c", "grün"], "text": ['say "hi"\n', "plain {slug}"]}
    body = {"title": "{text} {n}", "list": ["{slug}"], "kept": "{unknown}"}
    actions = (
        Action("POST /ok/<slug>", "/ok/{slug}?q={slug}", method="POST", body=body, choices=words, headers={"X-A": "1"}),
        Action("GET /moved", "/moved", expects=(302,)),
    )
    generator = generate()
    generator.begin(plan_of(counting_site, *actions, sessions=SESSIONS), target=3)
    eventually(lambda: min((len(counting_site.counts) == 2 and counting_site.counts.values()) or [0]) >= 20)
    assert generator.end()["failures"] == {}

    assert {one.headers["x-perfmon-load"] for one in counting_site.seen} == {"7.signature.0", "7.signature.1"}
    assert {one.headers["cookie"] for one in counting_site.seen} == {"s=a", "s=b"}
    assert {one.path for one in counting_site.seen if one.action == "1"} == {"/moved"}
    posts = [one for one in counting_site.seen if one.action == "0"]
    assert {(one.headers["x-a"], one.headers["content-type"]) for one in posts} == {("1", "application/json")}
    assert {unquote(one.path) for one in posts} == {f"/ok/{a}?q={b}" for a in words["slug"] for b in words["slug"]}
    assert all(one.path.count("/") == 2 for one in posts)
    bodies = [json.loads(one.body) for one in posts]
    assert {tuple(one["list"]) for one in bodies} == {("a/b c",), ("grün",)}
    assert {one["title"].rpartition(" ")[0] for one in bodies} == set(words["text"])
    assert {one["kept"] for one in bodies} == {"{unknown}"}
    assert sorted(int(one["title"].rpartition(" ")[2]) for one in bodies) == list(range(len(bodies)))


def test_connections_are_kept_and_sessions_go_round(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, model="open", sessions=SESSIONS, most_users=2), target=100)
    eventually(lambda: len(counting_site.seen) >= 100)
    generator.end()
    used = {(one.client, one.headers["cookie"]) for one in counting_site.seen}
    assert sorted(cookie for _, cookie in used) == ["s=a", "s=b"]
    assert len({client for client, _ in used}) == 2


def test_a_connection_that_servers_may_be_about_to_close_is_not_used_again(
    counting_site: Site, generate: Generate
) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site, think_s=(2.0, 2.0)), target=1)
    eventually(lambda: len(counting_site.seen) == 2)
    generator.end()
    assert len({one.client for one in counting_site.seen}) == 2


def test_the_servers_own_times_are_taken_from_its_answer(counting_site: Site, generate: Generate) -> None:
    generator = generate()
    generator.begin(plan_of(counting_site), target=1)
    eventually(lambda: len(counting_site.seen) >= 10)
    generator.end()
    windows, count = generator.windows, len(counting_site.seen)
    assert windows[("server", "0")].sum == count * 1_500_000  # type: ignore[index]
    assert windows[("queue", "0")].sum == count * 250_000  # type: ignore[index]
    assert windows[("gap", "0")].sum <= windows[("service", "0")].sum  # type: ignore[index]
    assert windows[("latency", "0")] == windows[("service", "0")]  # type: ignore[index]
