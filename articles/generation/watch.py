"""One job that is watched in this process: one reader of its stream, and the same frames for all viewers."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Sequence
from contextlib import aclosing
from typing import Any

from articles.enums import GenerationStatus
from articles.generation.drawing import Drawing
from articles.generation.events import Event
from articles.generation.opening import Opened, job_is_over, job_open, snapshot_event
from articles.generation.playback import Playback
from articles.generation.stream import listen
from articles.generation.threads import in_thread
from articles.generation.viewer import MOST_WAITING, Viewer
from articles.generation.viewer_frames import Frame, topic_of

logger = logging.getLogger(__name__)

KEPT_FRAMES = MOST_WAITING + 1  # for those who lost their connection; who missed more gets a snapshot

AFTER_FAILURE_S = 1.0
_WORDS = ("text", "trim")


class Watch:
    """Belongs to one event loop. It opens the job when the first viewer comes, and ``close`` ends it."""

    def __init__(self, job_id: int) -> None:
        self.is_over = False
        self._job_id, self._topic = job_id, topic_of(job_id)
        self._viewers: set[Viewer] = set()
        self._played, self._seq, self._place = Playback(), "", 0
        self._kept: deque[Frame] = deque(maxlen=KEPT_FRAMES)
        self._whole: tuple[int, Awaitable[Frame]] | None = None
        self._where: list[Any] = []
        self._drawing = Drawing(self._text_of, self._tell_html)
        self._opening: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_watched(self) -> bool:
        """Whether somebody looks."""
        return bool(self._viewers)

    async def join(self, viewer: Viewer, after: str) -> None:
        """Tell the viewer all, or what came after a number that is still known, and from then on every event.

        Raises DoesNotExist, and what a database that is away raises.
        """
        self._viewers.add(viewer)
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
        await asyncio.shield(self._opening)
        missed = self._after(after)
        if missed is not None:
            viewer.go_on(missed, self._place)
            if viewer.wants_html and not self.is_over:
                self._draw_missed(missed)
        else:
            viewer.need_whole()
        if self.is_over:
            viewer.put(self._kept[-1])

    def leave(self, viewer: Viewer) -> None:
        """Forget a viewer."""
        self._viewers.discard(viewer)

    def close(self) -> None:
        """Listen no more."""
        self._drawing.close()
        for task in (self._opening, self._reading):
            if task is not None:
                task.cancel()

    async def whole(self, viewer: Viewer) -> Frame:
        """Return a snapshot as of now; made once for all who ask at the same point."""
        viewer.told_up_to(self._place)
        if self._whole is None or self._whole[0] != self._place:
            self._whole = self._place, asyncio.ensure_future(self._snapshot(self._seq, self._place))
        try:
            return await asyncio.shield(self._whole[1])
        except Exception:
            self._whole = None  # the next one who asks has it made again
            raise

    # What is heard

    async def _open(self) -> None:
        opened: Opened = await in_thread(job_open)(self._job_id)
        self._played, self.is_over = opened.played, opened.is_over
        for seq, event in opened.heard:
            self._keep(seq, event)
        self._seq = opened.seq
        if not self.is_over:
            self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Hear everything until the end; after a failure everybody gets the whole, as somebody may lack something."""
        while not self.is_over:
            try:
                await self._hear_all()
            except Exception as error:  # such as a database that is away
                logger.warning("Viewers of job %d were not told of an event: %s", self._job_id, error)
                for viewer in self._viewers:
                    viewer.need_whole()
                await asyncio.sleep(AFTER_FAILURE_S)

    async def _hear_all(self) -> None:
        async with aclosing(listen(self._job_id, self._seq)) as heard:
            async for numbered in heard:
                await (self._look() if numbered is None else self._hear(*numbered))
                if self.is_over:
                    return

    async def _hear(self, seq: str, event: Event) -> None:
        """Send one event to all; a snapshot as everybody gets it."""
        async with self._drawing.turn:
            changed = self._played.play(event)
            frame = self._keep(seq, event)
            if event["type"] == "snapshot":
                frame = await self._snapshot(frame.seq, frame.place)
            for section in changed if event["type"] in _WORDS and self._is_drawn else ():
                frame.html = await self._drawing.html_of(section)
            self._to_all(frame)
        self.is_over = frame.is_end

    async def _look(self) -> None:
        """After a silence: the end of a job may have been lost with Valkey, and one that waits moves up."""
        if await in_thread(job_is_over)(self._job_id):
            opened: Opened = await in_thread(job_open)(self._job_id)
            self._played = opened.played
            self._tell_whole(await self._snapshot(self._seq, self._place + 1))
            await self._hear(self._seq, opened.heard[-1][1])
        elif self._played.values.get("status") == GenerationStatus.QUEUED:
            frame = await self._snapshot(self._seq, self._place + 1)
            where = [frame.event[name] for name in ("status", "waits_for", "not_before", "position")]
            if where != self._where:
                self._where = where
                self._tell_whole(frame)

    def _draw_missed(self, missed: Sequence[Frame]) -> None:
        """Have the sections told as HTML whose latest words were not drawn, or were drawn for others meanwhile."""
        latest = {frame.event["section"]: frame for frame in missed if frame.event["type"] in _WORDS}
        for section in (section for section, frame in latest.items() if frame.html is None):
            self._drawing.soon(section)

    # What is told

    def _keep(self, seq: str, event: Event) -> Frame:
        self._place += 1
        self._seq = seq
        frame = Frame(self._topic, seq, self._place, event)
        if event["type"] == "snapshot":  # what went before may be missing: nobody goes on from there
            self._kept.clear()
        self._kept.append(frame)
        return frame

    async def _snapshot(self, seq: str, place: int) -> Frame:
        event = await in_thread(snapshot_event)(self._job_id, self._played.picture())
        return Frame(self._topic, seq, place, event)

    def _tell_whole(self, frame: Frame) -> None:
        self._place = frame.place
        self._to_all(frame)

    def _to_all(self, frame: Frame) -> None:
        for viewer in self._viewers:
            viewer.put(frame)

    def _tell_html(self, section: int, html: str) -> None:
        """Send a section alone: as words that add nothing, so that whoever only adds words need not know."""
        at = len(self._text_of(section))
        event = {"type": "text", "section": section, "at": at, "text": ""}
        frame = Frame(self._topic, self._seq, self._place, event, html)
        for viewer in self._viewers:
            if viewer.wants_html:
                viewer.put_html(section, frame)

    def _text_of(self, section: int) -> str:
        return self._played.text_of(section)

    @property
    def _is_drawn(self) -> bool:
        return any(viewer.wants_html for viewer in self._viewers)

    def _after(self, seq: str) -> list[Frame] | None:
        """Return what came after a number; None when that is not known any more, or too much."""
        if not seq:
            return None
        missed: list[Frame] = []
        for frame in reversed(self._kept):
            if frame.seq == seq and not frame.is_end:
                return missed[::-1]
            missed.append(frame)
            if len(missed) > MOST_WAITING:
                break
        return [] if seq == self._seq and not self.is_over else None
