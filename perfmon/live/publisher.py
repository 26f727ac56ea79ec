"""The collector's end of the live path: one frame a second for every topic somebody watches, and none for others."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from perfmon import guard
from perfmon.exceptions import PerfmonError, TransportError
from perfmon.live.bus import Bus
from perfmon.store.ranges import MINUTE, RANGES

LONG_EVERY_S = 10  # ranges of minutes and hours change slower than once a second
Build = Callable[[str, float | None], bytes]


class Publisher:
    """Builds the payload of each watched topic and publishes it."""

    def __init__(self, bus: Bus, build: Build) -> None:
        self._bus = bus
        self._build = build
        self._held: dict[str, tuple[float, bytes]] = {}

    def publish(self, now: float) -> None:
        """Send one frame of each watched topic; one that can't be built says so and does not stop the others."""
        try:
            topics = self._bus.watched()
            self._held = {topic: held for topic, held in self._held.items() if topic in topics}
            self._bus.publish({topic: self._body(topic, now) for topic in sorted(topics)})
        except TransportError as error:
            guard.count_failure("publish", error)

    def _body(self, topic: str, now: float) -> bytes:
        clock = time.monotonic()
        held = self._held.get(topic)
        if held is not None and clock - held[0] < LONG_EVERY_S - 0.5:
            return held[1]
        try:
            body = self._build(topic, now)
        except Exception as error:
            guard.count_failure("build", error)
            reason = str(error) if isinstance(error, PerfmonError) else "this page can't be built now"
            return json.dumps({"topic": topic, "error": reason}).encode()
        if _is_long(topic):
            self._held[topic] = (clock, body)
        return body


def _is_long(topic: str) -> bool:
    """Tell whether a topic's range is drawn from minutes or hours."""
    range_ = RANGES.get((topic.split("/") + [""])[1])
    return range_ is not None and range_.bucket_s >= MINUTE
