"""What waits for one viewer: nothing a snapshot has told already, the end always and once."""

from __future__ import annotations

from articles.generation.viewer import Viewer
from articles.generation.viewer_frames import Frame


def frame(place: int, kind: str = "note", html: str | None = None) -> Frame:
    return Frame("generation.1", f"{place}-0", place, {"type": kind, "section": 1}, html)


async def whole(viewer: Viewer) -> Frame:
    """A snapshot that holds the first two frames."""
    viewer.told_up_to(2)
    return frame(2, "snapshot")


async def test_what_a_snapshot_holds_is_not_sent_again() -> None:
    viewer = Viewer(wants_html=True)
    viewer.put(frame(1))
    assert (await viewer.take(whole)).event["type"] == "snapshot"
    for place in (1, 2, 3):
        viewer.put(frame(place))

    assert (await viewer.take(whole)).place == 3


async def test_who_goes_on_is_not_sent_what_he_caught_up_with() -> None:
    viewer = Viewer(wants_html=True)
    viewer.go_on([frame(1), frame(2)], 2)
    for place in (2, 3):
        viewer.put(frame(place))

    assert [(await viewer.take(whole)).place for _ in range(3)] == [1, 2, 3]


async def test_the_end_comes_after_the_snapshot_and_once() -> None:
    viewer = Viewer(wants_html=True)
    for _ in range(2):
        viewer.put(frame(2, "end"))

    assert [(await viewer.take(whole)).event["type"] for _ in range(2)] == ["snapshot", "end"]
    viewer.put(frame(3))
    assert (await viewer.take(whole)).place == 3


async def test_html_alone_has_the_number_of_the_last_event_that_was_sent() -> None:
    viewer = Viewer(wants_html=True, seq="1-0")
    viewer.go_on([], 1)
    viewer.put_html(1, frame(1, "text", "<p>a</p>"))
    viewer.put_html(2, frame(3, "text", "<p>b</p>"))
    viewer.put(frame(2))

    assert [(sent.html, sent.seq) for sent in [await viewer.take(whole) for _ in range(3)]] == [
        (None, "2-0"),
        ("<p>a</p>", "2-0"),
        ("<p>b</p>", "2-0"),
    ]


async def test_html_that_waits_gives_way_to_what_was_drawn_later() -> None:
    viewer = Viewer(wants_html=True)
    viewer.go_on([], 1)
    viewer.put_html(1, frame(1, "text", "<p>a</p>"))
    viewer.put(frame(2, "text", "<p>ab</p>"))
    viewer.put_html(2, frame(3, "text", "<p>c</p>"))

    assert [(await viewer.take(whole)).html for _ in range(2)] == ["<p>ab</p>", "<p>c</p>"]


async def test_nor_is_it_sent_after_a_snapshot_that_holds_what_was_drawn_later() -> None:
    viewer = Viewer(wants_html=True)
    viewer.put_html(1, frame(1, "text", "<p>a</p>"))
    viewer.put(frame(2, "text", "<p>ab</p>"))
    viewer.put(frame(3))

    assert (await viewer.take(whole)).event["type"] == "snapshot"
    viewer.put(frame(3))
    assert (await viewer.take(whole)).place == 3
    viewer.put_html(1, frame(3, "text", "<p>ab</p>"))
    viewer.put(frame(4, "snapshot"))
    viewer.put(frame(5))
    assert [(await viewer.take(whole)).place for _ in range(2)] == [4, 5]
    viewer.put_html(2, frame(5, "text", "<p>c</p>"))
    assert (await viewer.take(whole)).html == "<p>c</p>"
