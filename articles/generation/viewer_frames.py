"""What viewers are sent: an event, encoded once however many they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import orjson

from articles.generation.events import Event

SSE_END_ID = "end"


def topic_of(job_id: int) -> str:
    """Return the name under which a job's events are sent."""
    return f"generation.{job_id}"


@dataclass
class Frame:
    """An event with its number in the stream; ``place`` counts the frames of one watch, to tell older from newer.

    ``html`` is the section that changed, rendered and sanitised; it may be missing while words come fast.
    """

    topic: str
    seq: str
    place: int
    event: Event
    html: str | None = None

    @property
    def is_end(self) -> bool:
        """Whether nothing follows."""
        return bool(self.event["type"] == "end")

    @cached_property
    def text(self) -> str:
        """As a websocket's message."""
        told = {"topic": self.topic, "seq": self.seq, "event": self.event}
        return orjson.dumps(told if self.html is None else {**told, "html": self.html}).decode()

    @cached_property
    def sse(self) -> bytes:
        """As a server-sent event, whose id is what ``Last-Event-ID`` brings back."""
        number = SSE_END_ID if self.is_end else self.seq
        return b"id: %b\nevent: %b\ndata: %b\n\n" % (
            number.encode(),
            self.event["type"].encode(),
            orjson.dumps(self.event),
        )
