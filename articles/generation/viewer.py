"""One viewer of a job: what waits to be sent, at most so much, and the whole anew for who falls behind."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from articles.generation.viewer_frames import Frame

MOST_WAITING = 256
TakeWhole = Callable[["Viewer"], Awaitable[Frame]]


class Viewer:
    """Gets every frame once and in order; if more wait than ``MOST_WAITING``, a snapshot in place of them all.

    ``seq`` is the number of the last event it was sent, with which it comes back.
    """

    def __init__(self, *, wants_html: bool, seq: str = "") -> None:
        self.wants_html = wants_html
        self.seq = seq
        self.lacks_whole = True
        self._told = 0  # the place up to which a snapshot has told all
        self._is_told_end = False
        self._frames: deque[Frame] = deque()
        self._html: dict[int, Frame] = {}
        self._more = asyncio.Event()

    def put(self, frame: Frame) -> None:
        """Have a frame sent, unless a snapshot holds it."""
        self._drop_html_older_than(frame)
        if frame.is_end:
            if self._is_told_end:
                return
            self._is_told_end = True
        elif self.lacks_whole or frame.place <= self._told:
            return
        self._frames.append(frame)
        if len(self._frames) > MOST_WAITING:
            self.need_whole()
        self._more.set()

    def put_html(self, section: int, frame: Frame) -> None:
        """Have a section's latest text sent as HTML when nothing else waits."""
        self._html[section] = frame
        self._more.set()

    def need_whole(self) -> None:
        """Send a snapshot next, in place of what waits but for the end."""
        self.lacks_whole = True
        self._frames = deque(frame for frame in self._frames if frame.is_end)
        self._html.clear()
        self._more.set()

    async def take(self, whole: TakeWhole) -> Frame:
        """Return what to send next, as soon as there is something; may be cancelled and asked again."""
        while True:
            self._more.clear()
            if self.lacks_whole:
                return await self._taken_whole(whole)
            if self._frames:
                frame = self._frames.popleft()
                self.seq = frame.seq
                return frame
            if self._html:
                frame = self._html.pop(next(iter(self._html)))
                return frame if frame.seq == self.seq else replace(frame, seq=self.seq)
            await self._more.wait()

    def go_on(self, missed: Sequence[Frame], place: int) -> None:
        """Send what a viewer missed who was told all before that; with it he knows everything up to ``place``."""
        self.lacks_whole = False
        for frame in missed:
            self.put(frame)
        self._told = place

    def told_up_to(self, place: int) -> None:
        """Note that a snapshot holds everything up to this place."""
        self._told = place

    def _drop_html_older_than(self, frame: Frame) -> None:
        if frame.event["type"] == "snapshot":
            self._html.clear()
        elif frame.html is not None:
            self._html.pop(frame.event["section"], None)

    async def _taken_whole(self, whole: TakeWhole) -> Frame:
        self.lacks_whole = False
        try:
            frame = await whole(self)
        except BaseException:
            self.lacks_whole = True
            raise
        self.seq = frame.seq
        return frame
