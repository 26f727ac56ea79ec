"""What waits for one viewer: nothing a snapshot has told already, the end always and once."""

from __future__ import annotations

from articles.generation.viewer import Viewer
from articles.generation.viewer_frames import Frame


def frame(place: int, kind: str = "note") -> Frame:
    return Frame("generation.1", f"{place}-0", place, {"type": kind})


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
