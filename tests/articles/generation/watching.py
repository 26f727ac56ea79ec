"""Viewers for tests: each keeps what it was sent, and what the job looks like by that."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from django.db import connections

from articles.generation import threads
from articles.generation.events import Event
from articles.generation.playback import Playback
from articles.generation.viewer_frames import Frame
from articles.generation.viewers import Viewers


class Onlooker:
    """Watches a job until its end or until it is told to leave."""

    def __init__(self, viewers: Viewers, job_id: int, after: str = "", *, wants_html: bool = True) -> None:
        self.frames: list[Frame] = []
        self.played = Playback()
        self._where = (viewers, job_id, after, wants_html)
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        viewers, job_id, after, wants_html = self._where
        async with viewers.watching(job_id, after=after, wants_html=wants_html) as take:
            while not self.is_done:
                frame = await take()
                self.frames.append(frame)
                self.played.play(frame.event)

    @property
    def is_done(self) -> bool:
        """Whether it was told the end."""
        return bool(self.frames) and self.frames[-1].is_end

    @property
    def events(self) -> list[Event]:
        """What it was sent."""
        return [frame.event for frame in self.frames]

    @property
    def kinds(self) -> list[str]:
        """The types of what it was sent, without HTML that came alone."""
        return [event["type"] for event in self.events if event["type"] != "text" or event["text"]]

    @property
    def words(self) -> list[str]:
        """The words it was sent, a snapshot's in brackets."""
        told = []
        for event in self.events:
            if event["type"] == "snapshot":
                told.append(f"({''.join(section['text'] for section in event['sections'])})")
            elif event["type"] == "text" and event["text"]:
                told.append(event["text"])
        return told

    async def until(self, condition: Callable[[Onlooker], Any]) -> None:
        """Wait until it has been sent what the condition asks for."""
        async with asyncio.timeout(10):
            while not condition(self):
                if self._watching.done():
                    self._watching.result()
                    assert condition(self), self.kinds
                await asyncio.sleep(0.002)

    async def end(self) -> None:
        """Wait for the job's end."""
        await self.until(lambda onlooker: onlooker.is_done)
        await self._watching

    async def leave(self) -> str:
        """Watch no more; return the number of the last event."""
        self._watching.cancel()
        await asyncio.wait([self._watching])
        return self.frames[-1].seq


def close_connections_of_threads() -> None:
    """Close what the viewers' threads have open to the test's database while it is still there."""
    together = threading.Barrier(threads.THREADS)

    def close() -> None:
        together.wait(5)
        connections.close_all()

    for done in [threads.pool.submit(close) for _ in range(threads.THREADS)]:
        done.result()
