"""Who watches which job in this process: the jobs' watches, one an event loop and job however many viewers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from weakref import WeakKeyDictionary

from articles.generation.viewer import Viewer
from articles.generation.viewer_frames import Frame
from articles.generation.watch import Watch

Take = Callable[[], Awaitable[Frame]]


class Viewers:
    """The watches of one event loop."""

    def __init__(self) -> None:
        self._watches: dict[int, Watch] = {}

    @property
    def watched(self) -> set[int]:
        """The jobs that somebody looks at."""
        return set(self._watches)

    @asynccontextmanager
    async def watching(self, job_id: int, *, after: str = "", wants_html: bool = True) -> AsyncGenerator[Take]:
        """Watch a job: yields what returns the next frame; ``after`` is the number of the last event heard before.

        Raises DoesNotExist, and what a database raises that is away.
        """
        watch, viewer = self._watch(job_id), Viewer(wants_html=wants_html, seq=after)
        try:
            await watch.join(viewer, after)
            yield partial(viewer.take, watch.whole)
        finally:
            watch.leave(viewer)
            if not watch.is_watched:
                watch.close()
                if self._watches.get(job_id) is watch:
                    del self._watches[job_id]

    def _watch(self, job_id: int) -> Watch:
        watch = self._watches.get(job_id)
        if watch is None or watch.is_over:  # one that is over is left to who still reads; the job may be tried again
            watch = self._watches[job_id] = Watch(job_id)
        return watch


_viewers: WeakKeyDictionary[asyncio.AbstractEventLoop, Viewers] = WeakKeyDictionary()


def get_viewers() -> Viewers:
    """Return the running loop's."""
    return _viewers.setdefault(asyncio.get_running_loop(), Viewers())
