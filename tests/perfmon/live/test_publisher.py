"""What the leading collector publishes each second."""

from __future__ import annotations

import pytest

from perfmon import guard
from perfmon.conf import Config
from perfmon.live import publisher as publisher_module
from perfmon.live.bus import LocalBus
from perfmon.live.publisher import Publisher
from perfmon.live.valkey import ValkeyBus

NOW = 1_790_000_000.0


class Recorded(LocalBus):
    """A local bus that remembers what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, bytes]] = []

    def publish(self, topic: str, body: bytes) -> int:
        """Remember and publish."""
        self.sent.append((topic, body))
        return super().publish(topic, body)


@pytest.fixture
def recorded() -> Recorded:
    """A bus that remembers."""
    return Recorded()


def test_nothing_is_built_while_nobody_watches(recorded, topics):
    assert Publisher(recorded, topics.build).publish(NOW) == 0
    assert topics.builds == []


def test_each_watched_topic_is_built_once_a_second(recorded, topics):
    recorded.watch(["overview/5m", "overview/1h"], 60)
    publisher = Publisher(recorded, topics.build)
    assert [publisher.publish(NOW + second) for second in range(3)] == [2, 2, 2]
    assert sorted(topics.builds) == ["overview/1h"] * 3 + ["overview/5m"] * 3


@pytest.mark.parametrize("topic", ["overview/6h", "overview/90d"])
def test_a_long_range_is_built_every_ten_seconds_and_sent_every_second(recorded, topics, topic):
    recorded.watch([topic], 60)
    publisher = Publisher(recorded, topics.build)
    for second in range(20):
        publisher.publish(NOW + second)
    assert len(topics.builds) == 2
    assert len(recorded.sent) == 20


def test_a_topic_that_fails_is_counted_and_the_others_go_on(recorded, topics):
    recorded.watch(["overview/5m", "overview/1h", "nothing/5m"], 60)
    topics.broken.add("overview/1h")
    assert Publisher(recorded, topics.build).publish(NOW) == 1
    assert [topic for topic, _ in recorded.sent] == ["overview/5m"]
    assert guard.failures["publish"] == 2


def test_a_failed_long_range_is_tried_again_the_next_second(recorded, topics):
    recorded.watch(["overview/6h"], 60)
    publisher = Publisher(recorded, topics.build)
    topics.broken.add("overview/6h")
    publisher.publish(NOW)
    topics.broken.clear()
    assert publisher.publish(NOW + 1) == 1


def test_when_time_is_short_every_topic_gets_its_turn(recorded, topics, monkeypatch):
    monkeypatch.setattr(publisher_module, "BUDGET_S", -1)
    recorded.watch(["overview/5m", "overview/1h", "overview/6h"], 60)
    publisher = Publisher(recorded, topics.build)
    assert [publisher.publish(NOW + second) for second in range(3)] == [1, 1, 1]
    assert {topic for topic, _ in recorded.sent} == {"overview/5m", "overview/1h", "overview/6h"}
    assert guard.failures["publish in time"] == 3


def test_what_nobody_watches_any_more_is_forgotten(recorded, topics):
    recorded.watch(["overview/6h"], 60)
    publisher = Publisher(recorded, topics.build)
    publisher.publish(NOW)
    recorded.watch(["overview/6h"], 0)
    publisher.publish(NOW + 1)
    assert publisher._kept == publisher._served_s == {}


def test_a_bus_that_is_away_is_counted_and_no_error(topics, settings):
    settings.PERFMON = {"VALKEY_URL": "redis://127.0.0.1:1", "LOCAL_COLLECTOR": False}
    bus = ValkeyBus(Config(valkey_url="redis://127.0.0.1:1"))
    assert Publisher(bus, topics.build).publish(NOW) == 0
    assert guard.failures["publish"] == 1
