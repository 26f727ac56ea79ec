"""Streams for tests: on each kind of tape, with a writer that knows all it has said."""

from __future__ import annotations

from typing import Any

from articles.generation.events import Event
from articles.generation.stream import Stream


class Teller:
    """A writer that adds words to one section and can tell all of it."""

    def __init__(self, job_id: int) -> None:
        self.text, self.asked = "", 0
        self.stream = Stream(job_id, self.whole)

    def whole(self) -> Event:
        """Return the snapshot of what was said so far."""
        self.asked += 1
        return {"type": "snapshot", "sections": [{"title": "", "text": self.text}]}

    def say(self, words: str) -> None:
        """Add words."""
        event = {"type": "text", "section": 1, "at": len(self.text), "text": words}
        self.text += words
        self.stream.append(event)

    def trim(self, text: str) -> None:
        """Replace all words."""
        self.text = text
        self.stream.append({"type": "trim", "section": 1, "text": text})

    def end(self, **values: Any) -> None:
        """Say that it is over."""
        self.stream.end({"type": "end", "status": "succeeded", **values})
