"""A fixed number of threads behind a bounded queue, answering on the event loop that asked."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, NamedTuple


class PoolFull(Exception):
    """As many requests wait as may wait."""


class _Job(NamedTuple):
    work: Callable[[], Any]
    context: Context
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class ThreadPool:
    """Runs one job a thread; ``run`` refuses at once what the queue has no room for.

    Django keeps a database connection per thread, so the number of threads is the number of connections. Finished jobs
    are handed to the loop in batches: one wake-up for all that ended meanwhile.
    """

    def __init__(self, threads: int, queue: int) -> None:
        self._limit = threads + queue
        self._taken = 0
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._done: deque[tuple[_Job, Any, BaseException | None]] = deque()
        self._wanted = threads
        self._started = False
        self._start_lock = threading.Lock()

    @property
    def taken(self) -> int:
        """How many jobs run or wait."""
        return self._taken

    async def run(self, work: Callable[[], Any]) -> Any:
        """Run ``work`` in a thread with a copy of this context and return its result; raises PoolFull or its error."""
        if self._taken >= self._limit:
            raise PoolFull
        if not self._started:
            self._start()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._taken += 1
        self._jobs.put(_Job(work, copy_context(), future, loop))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            future.add_done_callback(_forget)  # the thread goes on to its end; nobody waits for the result
            raise

    def _start(self) -> None:
        with self._start_lock:
            if not self._started:
                for number in range(self._wanted):
                    threading.Thread(target=self._work, name=f"http-{number}", daemon=True).start()
                self._started = True

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                outcome = (job, job.context.run(job.work), None)
            except BaseException as error:  # whatever it is belongs to the one who waits
                outcome = (job, None, error)
            self._hand_over(outcome)
            del job, outcome  # a waiting thread keeps no request alive

    def _hand_over(self, outcome: tuple[_Job, Any, BaseException | None]) -> None:
        wake = not self._done
        self._done.append(outcome)
        if wake:
            try:
                outcome[0].loop.call_soon_threadsafe(self._settle)
            except RuntimeError:  # the loop is closed: the server has stopped
                self._done.clear()

    def _settle(self) -> None:
        while self._done:
            job, result, error = self._done.popleft()
            self._taken -= 1
            if job.future.done():
                continue
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)


def _forget(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()
