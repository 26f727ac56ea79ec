"""The live stream of a job: its runner writes events, viewers in any process read them, also late and again.

The row in the database is the truth; the stream only makes it visible sooner. So writing to it never fails and never
holds the writer up: what could not be written is counted, and made good by a ``snapshot`` once it can.
"""

from __future__ import annotations

import asyncio
import logging
import random
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import orjson

from articles.generation.events import Event
from articles.generation.tape import Entry, TapeAwayError, get_tape

logger = logging.getLogger(__name__)

KEPT_S = 86_400
KEPT_AFTER_END_S = 3_600
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 2.0
_LOG_EVERY_S = 60.0

Numbered = tuple[str, Event]


class Dropped:
    """Events of this process that no viewer was told of when they happened; logged at most once a minute."""

    def __init__(self) -> None:
        self.count = 0
        self._logged_s = float("-inf")

    def add(self, error: Exception) -> None:
        """Count one."""
        self.count += 1
        now_s = time.monotonic()
        if now_s - self._logged_s >= _LOG_EVERY_S:
            self._logged_s = now_s
            logger.warning("Viewers of generation jobs were not told of %d events so far: %s", self.count, error)


dropped = Dropped()


class Stream:
    """The writing end, for one job and any threads.

    ``whole`` returns the job's ``snapshot`` event as of now. It is called, in the thread that appends, when the stream
    is not there (a new job, a Valkey that lost its memory) and after events were dropped. A runner that takes a job
    over appends one itself.
    """

    def __init__(self, job_id: int, whole: Callable[[], Event]) -> None:
        self.dropped = 0
        self._job_id, self._whole = job_id, whole
        self._lock = threading.Lock()
        self._is_whole = True
        self._keep_s: int | None = KEPT_S  # said once

    def append(self, event: Event) -> None:
        """Add an event; takes 0.3 s at most, once a second while Valkey is away. Never raises."""
        with self._lock:
            self._append(event, self._keep_s)

    def end(self, event: Event) -> None:
        """Add the last event; from then on the stream is kept for an hour. Never raises."""
        with self._lock:
            self._append(event, KEPT_AFTER_END_S)

    def _append(self, event: Event, keep_s: int | None) -> None:
        try:
            self._write(orjson.dumps(event), keep_s)
        except Exception as error:  # whoever writes the article goes on, whatever is the matter here
            self._is_whole = False
            self.dropped += 1
            dropped.add(error)

    def _write(self, body: bytes, keep_s: int | None) -> None:
        tape = get_tape()
        if not self._is_whole and tape.is_away():  # before the database is asked for all of it
            raise TapeAwayError("Valkey was away a moment ago.")
        if not self._is_whole or not tape.add(self._job_id, [body], begins=False, keep_s=keep_s):
            snapshot = orjson.dumps(self._whole())
            tape.add(self._job_id, [snapshot, body], begins=True, keep_s=keep_s or KEPT_S)
        self._is_whole, self._keep_s = True, None


def read(job_id: int, after: str = "") -> list[Numbered]:
    """Return the events after that number, oldest first; raises TapeAwayError."""
    return [_numbered(entry) for entry in get_tape().since(job_id, after)]


async def follow(job_id: int, after: str = "") -> AsyncGenerator[Numbered]:
    """Yield the events after that number as they come, until the job's end; waits out a Valkey that is away."""
    async with aclosing(listen(job_id, after)) as heard:
        async for numbered in heard:
            if numbered is None:
                continue
            yield numbered
            if numbered[1]["type"] == "end":
                return


async def listen(job_id: int, after: str = "") -> AsyncGenerator[Numbered | None]:
    """Yield what ``follow`` does without an end, and None each time nothing was heard for 2 s."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            async with aclosing(get_tape().listen(job_id, after)) as heard:
                async for entry in heard:
                    pause_s = FIRST_PAUSE_S
                    after = entry.seq if entry else after
                    yield _numbered(entry) if entry else None
        except TapeAwayError:
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the reconnects
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            yield None


def _numbered(entry: Entry) -> Numbered:
    return entry.seq, orjson.loads(entry.body)
