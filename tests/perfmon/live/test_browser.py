"""The browser's end of the live connection, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.perfmon.live.conftest import Topics
from tests.perfmon.live.served import Served
from tests.waiting import eventually

TOPIC = "overview/5m"


@pytest.fixture
def served(topics: Topics) -> Iterator[Served]:
    """The page's server, not started."""
    one = Served(topics)
    yield one
    one.listener.close()


def states(page: Any) -> list[str]:
    """Return the states the page went through."""
    return page.evaluate("window.states")


def heard(page: Any) -> list[list[Any]]:
    """Return what the page was given, as kind, data and number."""
    return page.evaluate("window.heard")


def opened(page: Any, served: Served) -> None:
    """Open the page and wait for its first payload."""
    page.goto(f"http://127.0.0.1:{served.port}/")
    eventually(lambda: heard(page))


def test_a_page_gets_a_snapshot_and_frames_and_is_live(page, served):
    with served.running():
        opened(page, served)
        served.bus.publish(TOPIC, b'{"n":1}')
        eventually(lambda: ["frame", {"n": 1}, 1] in heard(page))
        assert heard(page)[0][0] == "snapshot"
        assert states(page) == ["connecting", "live"]


def test_a_gap_is_made_good_by_the_frame_that_came(page, served):
    with served.running():
        opened(page, served)
        served.bus.publish(TOPIC, b"1")
        eventually(lambda: ["frame", 1, 1] in heard(page))
        for _ in range(3):
            next(served.bus._numbers[TOPIC])
        served.bus.publish(TOPIC, b"5")
        eventually(lambda: ["frame", 5, 5] in heard(page))
        assert page.evaluate("window.live.skipped") == 3
        assert [kind for kind, *_ in heard(page)] == ["snapshot", "frame", "frame"]


def test_silence_is_called_stale_and_the_next_frame_live(page, served):
    with served.running():
        opened(page, served)
        eventually(lambda: states(page)[-1] == "stale")
        served.bus.publish(TOPIC, b"1")
        eventually(lambda: states(page)[-1] == "live")


def test_a_restart_is_survived(page, served):
    with served.running():
        opened(page, served)
        before = len(heard(page))
    with served.running():
        eventually(lambda: len(heard(page)) > before)
        assert states(page)[-1] == "live"
        assert "refused" not in states(page)


def test_those_who_must_log_in_are_told_and_nothing_is_retried(page, served):
    served.user = None
    with served.running():
        page.goto(f"http://127.0.0.1:{served.port}/")
        eventually(lambda: page.evaluate("window.states?.at(-1)") == "refused")
        assert served.polls == []


def test_without_websockets_the_page_polls_and_asks_only_for_what_changed(page, served):
    served.websockets = False
    with served.running():
        opened(page, served)
        assert states(page)[-1] == "polling"
        assert heard(page) == [["snapshot", "polled", None]]
        eventually(lambda: len(served.polls) >= 2)
        assert served.polls[-1][b"if-none-match"] == b'"1"'
        served.websockets = True
        eventually(lambda: states(page)[-1] == "live", within_s=30)


def test_a_hidden_tab_watches_nothing_until_it_is_looked_at_again(page, served):
    hide = "value => { Object.defineProperty(document, 'hidden', {value, configurable: true});"
    hide += "document.dispatchEvent(new Event('visibilitychange')); }"
    with served.running():
        opened(page, served)
        page.evaluate(hide, True)
        eventually(lambda: not served.hub._readers)
        page.evaluate(hide, False)
        eventually(lambda: [kind for kind, *_ in heard(page)].count("snapshot") == 2)
        assert list(served.hub._readers) == [TOPIC]


def test_the_page_says_when_the_browser_has_no_network(page, served):
    with served.running():
        opened(page, served)
        page.context.set_offline(True)
        eventually(lambda: states(page)[-1] == "offline")
        page.context.set_offline(False)
        eventually(lambda: states(page)[-1] == "live", within_s=30)
