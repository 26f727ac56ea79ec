"""Measuring in rounds: real servers, the real yardstick, exact counts of what was sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from perfmon.exceptions import LoadTestError, LoadTestStopped
from perfmon.loadtest.compare import compare
from perfmon.loadtest.measuring import PLACES, WARM_UP_REQUESTS, measure_all
from perfmon.loadtest.plans import Action, Session
from perfmon.loadtest.rounds import YARDSTICK, Rounds

SOMEBODY = Session({"Cookie": "sessionid=mine"})
ROUNDS = 10


@dataclass
class Site:
    """A server, what came to it, and how long ``/slow`` takes."""

    slow_s: float = 0.0
    host: str = ""
    seen: list[tuple[str, dict[str, list[str]], dict[str, str]]] = field(default_factory=list)

    def asked(self, path: str) -> list[tuple[dict[str, list[str]], dict[str, str]]]:
        """The parameters and headers of all requests of a path."""
        return [(parameters, headers) for one, parameters, headers in self.seen if one == path]

    def status(self, path: str, parameters: dict[str, list[str]], headers: dict[str, str]) -> int:
        """What a request is answered with; ``/tiring`` soon has enough."""
        if path == "/slow":
            time.sleep(self.slow_s)
        refused = {
            "/strict": "perfmon" in parameters,
            "/alone": "perfmon" in parameters or "cookie" in headers,
            "/members": "cookie" not in headers,
            "/tiring": len(self.asked("/tiring")) > 20,
            "/broken": True,
        }
        return 503 if refused.get(path) else 200


class Handler(BaseHTTPRequestHandler):
    """Answers as the site says."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 4096
    site: Site

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        asked = (address.path, parse_qs(address.query), {name.lower(): text for name, text in self.headers.items()})
        self.site.seen.append(asked)
        self.send_response(self.site.status(*asked))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(slow_s: float = 0.0) -> Iterator[Site]:
    """A running server."""
    site = Site(slow_s)
    with ThreadingHTTPServer(("127.0.0.1", 0), type("SiteHandler", (Handler,), {"site": site})) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        site.host = f"http://127.0.0.1:{server.server_port}"
        yield site
        server.shutdown()
        thread.join()


def reading(*paths: str, **values: Any) -> list[Action]:
    """Actions that read those paths."""
    return [Action(f"GET {path}", path, **values) for path in paths]


def measured(site: Site, *actions: Action, sessions: tuple[Session, ...] = ()) -> Rounds:
    """Rounds of a site."""
    return measure_all([site.host], "7.signature", actions, sessions, rounds=ROUNDS)[0]


def test_every_safe_action_and_the_yardstick_have_a_turn_in_each_round():
    with serving() as site:
        found = measured(site, *reading("/a", "/b"), Action("POST /a", "/a", "POST"))
    assert found.names == ["GET /a", "GET /b"]
    assert found.count >= ROUNDS
    assert set(found.service) == {YARDSTICK, "GET /a", "GET /b"}
    assert all(len(times) == found.count for times in found.service.values())
    assert all(len(places) == PLACES for times in found.service.values() for places in times)
    for path in ("/a", "/b"):
        assert len(site.asked(path)) == WARM_UP_REQUESTS + found.count * (1 + PLACES)


def test_every_request_has_a_parameter_of_its_own_and_the_mark():
    with serving() as site:
        found = measured(site, *reading("/a?sort=new"))
    asked = site.asked("/a")
    numbers = [parameters["perfmon"][0] for parameters, _ in asked]
    assert len(set(numbers)) == len(numbers)
    assert {parameters["sort"][0] for parameters, _ in asked} == {"new"}
    assert {(headers["x-perfmon-load"], headers["cache-control"]) for _, headers in asked} == {
        ("7.signature.99", "no-cache")
    }
    assert found.reached == {"GET /a?sort=new": "parameter"}


def test_each_place_has_the_same_choice_in_every_round():
    with serving() as site:
        found = measured(site, Action("GET /<slug>", "/{slug}", choices={"slug": ["x", "y", "z"]}))
    asked = [path for path, _, _ in site.seen][WARM_UP_REQUESTS:]
    turn = ["/x", *(f"/{'xyz'[place % 3]}" for place in range(PLACES))]
    assert asked == turn * found.count
    assert found.distinct == {"GET /<slug>": 3}


def test_what_a_site_refuses_is_left_out():
    with serving() as site:
        actions = [*reading("/strict", "/alone", "/a"), *reading("/members", needs_session=True)]
        found = measured(site, *actions, sessions=(SOMEBODY,))
    assert found.reached == {
        "GET /strict": "session", "GET /alone": "as it is", "GET /a": "parameter", "GET /members": "parameter",
    }  # fmt: skip


def test_an_action_that_fails_is_not_measured_and_the_others_are():
    with serving() as site:
        found = measured(site, *reading("/broken", "/tiring", "/a"))
    assert found.failed == {"GET /broken": 503, "GET /tiring": 503}
    assert found.names == ["GET /a"]
    assert len(site.asked("/tiring")) < 30


def test_the_servers_own_time_is_the_yardsticks_alone_where_a_site_does_not_tell_it():
    with serving() as site:
        found = measured(site, *reading("/a"))
    assert set(found.server) == {YARDSTICK}


def test_a_site_that_is_away_ends_it_with_a_sentence():
    with serving() as site:
        pass
    with pytest.raises(LoadTestError, match="stopped answering"):
        measured(site, *reading("/a"))


def test_it_can_be_stopped_after_any_round():
    with serving() as site, pytest.raises(LoadTestStopped):
        measure_all([site.host], "", reading("/a"), (), may_go_on=lambda: False)
    assert len(site.asked("/a")) == WARM_UP_REQUESTS + 1 + PLACES


def test_a_route_that_is_slower_on_one_of_two_sites_is_found():
    with serving(slow_s=0.004) as old, serving(slow_s=0.008) as new:
        baseline, rounds = measure_all([old.host, new.host], "", reading("/slow"), (), rounds=20)
    found = compare(baseline, rounds)
    assert found.failed
    assert found.actions[0].figures[0].change > 20
    assert not compare(rounds, baseline).failed


def test_the_same_site_twice_is_the_same():
    with serving(slow_s=0.008) as site:
        one, other = measure_all([site.host, site.host], "", reading("/slow"), (), rounds=20)
    assert compare(one, other).verdict == "same"
