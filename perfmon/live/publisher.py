"""The collector's end of the live path: a payload a second for each topic somebody watches, encoded once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from perfmon import guard
from perfmon.exceptions import TransportError
from perfmon.live.bus import Bus
from perfmon.store.ranges import RANGES

LONG_RANGE_S = 21_600
LONG_RANGE_EVERY_S = 10.0  # a chart of six hours and more has steps of a minute and more
BUDGET_S = 0.6  # of each second; the rest is the collector's own


class _Built(NamedTuple):
    body: bytes
    at_s: float


class Publisher:
    """Builds and publishes; a topic that fails is counted and the others go on.

    Nothing is sent for a topic that can't be built: its readers call themselves stale after three seconds, which is
    the truth. When building all takes longer than ``BUDGET_S``, those that had to wait come first the next second.
    """

    def __init__(self, bus: Bus, build: Callable[[str], bytes]) -> None:
        self._bus = bus
        self._build = build
        self._kept: dict[str, _Built] = {}
        self._served_s: dict[str, float] = {}

    def publish(self, now: float) -> int:
        """Publish one frame for each watched topic at ``now`` (Unix s) and return how many were."""
        try:
            watched = self._bus.watched()
        except TransportError as error:
            guard.count_failure("publish", error)
            return 0
        self._forget_all_but(watched)
        deadline_s = time.monotonic() + BUDGET_S
        published = 0
        for topic in sorted(watched, key=lambda topic: self._served_s.get(topic, 0.0)):
            if published and time.monotonic() > deadline_s:
                late = f"{len(watched) - published} of {len(watched)} topics have to wait"
                guard.count_failure("publish in time", TimeoutError(late))
                break
            self._served_s[topic] = now
            published += self._publish_one(topic, now)
        return published

    def _publish_one(self, topic: str, now: float) -> bool:
        try:
            self._bus.publish(topic, self._body(topic, now))
        except Exception as error:
            guard.count_failure("publish", error)
            return False
        return True

    def _body(self, topic: str, now: float) -> bytes:
        kept = self._kept.get(topic)
        if kept is not None and 0 <= now - kept.at_s < LONG_RANGE_EVERY_S:
            return kept.body
        body = self._build(topic)
        if _is_long(topic):
            self._kept[topic] = _Built(body, now)
        return body

    def _forget_all_but(self, watched: set[str]) -> None:
        for by_topic in (self._kept, self._served_s):
            for topic in by_topic.keys() - watched:
                del by_topic[topic]


def _is_long(topic: str) -> bool:
    """Tell by the topic's second part; ``panels.topics`` knows the whole grammar, which is not needed for this."""
    range_ = RANGES.get(topic.partition("/")[2].partition("/")[0])
    return range_ is not None and range_.seconds >= LONG_RANGE_S
