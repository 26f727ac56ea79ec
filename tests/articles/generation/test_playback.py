"""The picture of a job: the same in the end wherever one began to listen and whatever one heard twice."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from articles.generation.events import Event
from articles.generation.playback import Playback, play

SECTIONS = 3
WORDS = st.text("ab é\U0001f600", max_size=4)
NUMBER = st.integers(1, SECTIONS)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("text"), NUMBER, WORDS),
        st.tuples(st.just("trim"), NUMBER, WORDS),
        st.tuples(st.just("snapshot"), NUMBER, WORDS),
        st.tuples(st.just("stage"), NUMBER, WORDS),
        st.tuples(st.just("outline"), NUMBER, WORDS),
        st.tuples(st.just("figures"), NUMBER, WORDS),
        st.tuples(st.just("call"), NUMBER, WORDS),
        st.tuples(st.just("status"), NUMBER, WORDS),
        st.tuples(st.just("end"), NUMBER, WORDS),
    ),
    max_size=30,
)


def told(steps: list[tuple[str, int, str]]) -> tuple[list[Event], list[str]]:
    """The events a writer sends that takes these steps, and the texts it has then."""
    texts, events = [""] * SECTIONS, []
    for kind, number, words in steps:
        events.append(event_of(kind, number, words, texts))
        if kind == "text":
            texts[number - 1] += words
        elif kind == "trim":
            texts[number - 1] = words
    return events, texts


def event_of(kind: str, number: int, words: str, texts: list[str]) -> Event:
    values: dict[str, Any] = {
        "text": {"section": number, "at": len(texts[number - 1]), "text": words},
        "trim": {"section": number, "text": words},
        "snapshot": {"sections": [{"title": "", "text": text} for text in texts]},
        "stage": {"stage": "section", "section": number, "sections": SECTIONS},
        "outline": {"titles": [words]},
        "figures": {"tokens": number},
        "call": {"number": number, "outcome": words},
        "status": {"status": words},
        "end": {"status": words},
    }
    return {"type": kind, **values[kind]}


def texts_of(played: Playback) -> list[str]:
    return [played.text_of(number) for number in range(1, SECTIONS + 1)]


@given(STEPS)
def test_who_hears_all_once_has_the_writers_text(steps: list[tuple[str, int, str]]) -> None:
    events, texts = told(steps)

    assert texts_of(play(events)) == texts


@given(STEPS, st.data())
def test_who_hears_from_any_earlier_point_again_comes_to_the_same(
    steps: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    events, texts = told(steps)
    heard: list[Event] = []
    at = 0
    for _ in range(3):  # each time the connection is lost somewhere, and what was heard before is told again
        until = data.draw(st.integers(at, len(events)))
        heard += events[at:until]
        at = data.draw(st.integers(0, until))
    heard += [event for event in events[at:] for _ in range(data.draw(st.integers(1, 2)))]

    assert texts_of(play(heard)) == texts
    assert play(heard).is_over == play(events).is_over


@given(STEPS, st.data())
def test_who_starts_from_a_picture_of_any_moment_comes_to_the_same(
    steps: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    events, texts = told(steps)
    taken = data.draw(st.integers(0, len(events)))
    after = data.draw(st.integers(0, taken))  # the picture is as new as where the stream goes on, or newer

    played = Playback()
    played.play({"type": "snapshot", **play(events[:taken]).picture()})
    for event in events[after:]:
        played.play(event)

    assert texts_of(played) == texts


@given(STEPS)
def test_what_changed_is_named(steps: list[tuple[str, int, str]]) -> None:
    played = Playback()
    for event in told(steps)[0]:
        before = texts_of(played)
        changed = played.play(event)
        assert changed == {number for number in range(1, 4) if before[number - 1] != played.text_of(number)}


def test_words_after_a_gap_wait_for_the_whole() -> None:
    played = play([{"type": "text", "section": 1, "at": 0, "text": "One "}])

    assert played.play({"type": "text", "section": 1, "at": 8, "text": "three"}) == set()
    assert played.text_of(1) == "One "
    assert played.play({"type": "snapshot", "sections": [{"title": "T", "text": "One two three"}]}) == {1}
    assert played.picture()["sections"] == [{"title": "T", "text": "One two three"}]


def test_of_words_heard_in_part_the_rest_is_added() -> None:
    played = play([{"type": "text", "section": 1, "at": 0, "text": "One tw"}])
    played.play({"type": "text", "section": 1, "at": 4, "text": "two"})

    assert played.text_of(1) == "One two"


def test_the_latest_of_everything_is_in_the_picture() -> None:
    events: list[Event] = [
        {"type": "status", "status": "running", "waits_for": ""},
        {"type": "outline", "titles": ["One", "Two"]},
        {"type": "stage", "stage": "section", "section": 2, "sections": 2, "title": "Two"},
        {"type": "call", "number": 2, "outcome": "ok"},
        {"type": "call", "number": 1, "outcome": "busy"},
        {"type": "note", "code": "repetition_cut", "section": 1},
        {"type": "note", "code": "repetition_cut", "section": 1},
        {"type": "figures", "tokens": 5},
        {"type": "figures", "tokens": 9},
        {"type": "of a later version"},
        {"type": "end", "status": "succeeded", "article_id": 5},
    ]
    played = play(events)

    assert played.is_over
    assert played.picture() == {
        "status": "succeeded",
        "waits_for": "",
        "outline": ["One", "Two"],
        "stage": {"stage": "section", "section": 2, "sections": 2, "title": "Two"},
        "calls": [{"number": 1, "outcome": "busy"}, {"number": 2, "outcome": "ok"}],
        "notes": [{"code": "repetition_cut", "section": 1}],
        "figures": {"tokens": 9},
        "article_id": 5,
        "sections": [{"title": "", "text": ""}, {"title": "Two", "text": ""}],
    }


def test_a_job_that_is_tried_again_is_not_over() -> None:
    played = play([{"type": "end", "status": "failed", "error": {"code": "timeout"}}])
    played.play({"type": "status", "status": "queued"})

    assert (played.is_over, played.values) == (False, {"status": "queued", "error": {}})
