"""What a job looks like after the events heard so far. Pure: events in, one picture out.

Whoever starts from a picture that is newer or older than where he begins to listen comes to the same one in the end:
a ``text`` says where it belongs, and everything else holds the whole truth about what it names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from articles.generation.events import Event

Section = dict[str, str]
_PLACE = ("status", "waits_for", "not_before")
_OUTCOME = ("status", "article_id", "error", "result")


@dataclass(slots=True)
class Playback:
    """The picture: the latest of each kind by the names that ``snapshot`` has, and the sections, counted from 1."""

    values: dict[str, Any] = field(default_factory=dict)
    sections: list[Section] = field(default_factory=list)
    is_over: bool = False

    def play(self, event: Event) -> set[int]:
        """Take note of one event; return the sections whose text it changed. Unknown events change nothing."""
        take = _PLAYED.get(event["type"])
        return take(self, event) if take else set()

    def picture(self) -> dict[str, Any]:
        """Return all of it, as the values of a ``snapshot``."""
        return {**self.values, "sections": [dict(section) for section in self.sections]}

    def text_of(self, number: int) -> str:
        """Return a section's text so far."""
        return self.sections[number - 1]["text"] if 0 < number <= len(self.sections) else ""

    def section(self, number: int) -> Section:
        """Return a section, with those before it that were not heard of yet."""
        while len(self.sections) < number:
            self.sections.append({"title": "", "text": ""})
        return self.sections[number - 1]


def _play_place(played: Playback, event: Event) -> set[int]:
    if played.is_over:  # it was tried again
        played.is_over = False
        played.values["error"] = {}
    played.values |= _named(event, _PLACE)
    return set()


def _play_stage(played: Playback, event: Event) -> set[int]:
    played.values["stage"] = _without_type(event)
    if event.get("section") and event.get("title"):
        played.section(event["section"])["title"] = event["title"]
    return set()


def _play_outline(played: Playback, event: Event) -> set[int]:
    played.values["outline"] = list(event["titles"])
    return set()


def _play_text(played: Playback, event: Event) -> set[int]:
    section, at = played.section(event["section"]), int(event["at"])
    words: str = event["text"]
    heard = len(section["text"])
    if at > heard or at + len(words) <= heard:  # what is between was not heard: a snapshot will tell; or it was heard
        return set()
    section["text"] += words[heard - at :]
    return {event["section"]}


def _play_trim(played: Playback, event: Event) -> set[int]:
    section = played.section(event["section"])
    if section["text"] == event["text"]:
        return set()
    section["text"] = event["text"]
    return {event["section"]}


def _play_figures(played: Playback, event: Event) -> set[int]:
    played.values["figures"] = _without_type(event)
    return set()


def _play_call(played: Playback, event: Event) -> set[int]:
    others = [call for call in played.values.get("calls", ()) if call["number"] != event["number"]]
    played.values["calls"] = sorted([*others, _without_type(event)], key=lambda call: int(call["number"]))
    return set()


def _play_note(played: Playback, event: Event) -> set[int]:
    note, notes = _without_type(event), played.values.get("notes", [])
    if note not in notes:
        played.values["notes"] = [*notes, note]
    return set()


def _play_snapshot(played: Playback, event: Event) -> set[int]:
    told: dict[str, Any] = {
        name: _without_type(value) if isinstance(value, dict) else value for name, value in event.items()
    }
    del told["type"]
    before, sections = played.sections, told.pop("sections", None)
    played.values |= told
    played.is_over = False
    if sections is None:
        return set()
    played.sections = [{"title": section["title"], "text": section["text"]} for section in sections]
    numbers = range(1, max(len(before), len(sections)) + 1)
    old = Playback(sections=before)
    return {number for number in numbers if old.text_of(number) != played.text_of(number)}


def _play_end(played: Playback, event: Event) -> set[int]:
    played.values |= _named(event, _OUTCOME)
    played.is_over = True
    return set()


_PLAYED: dict[str, Callable[[Playback, Event], set[int]]] = {
    "status": _play_place,
    "stage": _play_stage,
    "outline": _play_outline,
    "text": _play_text,
    "trim": _play_trim,
    "figures": _play_figures,
    "call": _play_call,
    "note": _play_note,
    "snapshot": _play_snapshot,
    "end": _play_end,
}


def play(events: Iterable[Event]) -> Playback:
    """Return the picture after these events."""
    played = Playback()
    for event in events:
        played.play(event)
    return played


def _named(event: Event, names: Iterable[str]) -> dict[str, Any]:
    return {name: event[name] for name in names if name in event}


def _without_type(event: Event) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "type"}
