"""A fixed number of threads behind a bounded queue, answering on the event loop that asked.

A job costs one queue put, one future and, for all that end in the meantime, one wake-up of the loop;
``concurrent.futures`` with ``run_in_executor`` takes two futures, two locks and a wake-up each.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import Any, NamedTuple

logger = logging.getLogger(__name__)

# How long a thread that computes may keep the interpreter from the others, for the whole process. Python's own 5 ms
# make threads with a few hundred microseconds of work each take it from one another in mid-request, and one that is
# stopped with a lock of Django's in its hands makes all others queue for that lock, which goes on for seconds. The
# list of articles with its query's result kept was answered 1,208 times a second with 3 ms (median of 14 rounds of a
# second), 1,461 with 10 and 1,868 with 50; on the same machine in a quicker hour 2,238 with 10, 2,308 with 20, 2,476
# with 30 and 2,343 with 50. The event loop waits as long at most for its turn.
SWITCH_S = 0.03


class PoolFullError(Exception):
    """As many jobs wait as may wait."""


def nothing() -> None:
    """Do nothing: the default of what a thread does before its first job and after its last."""


class _Home:
    """Where the jobs of one event loop go back to."""

    __slots__ = ("done", "loop", "taken", "woken")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.taken = 0
        self.done: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self.woken = False

    def hand_over(self, future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
        """Called by a thread. The append comes before the look at ``woken``, which ``settle`` lowers before it drains:
        so whoever finds it raised is certain that the loop has yet to look."""
        self.done.append((future, result, error))
        if self.woken:
            return
        self.woken = True
        try:
            self.loop.call_soon_threadsafe(self.settle)
        except RuntimeError:  # the loop is closed: nobody waits any more
            self.done.clear()

    def settle(self) -> None:
        """Called by the loop: tell everyone whose job has ended."""
        self.woken = False
        while self.done:
            future, result, error = self.done.popleft()
            self.taken -= 1
            if future.done():  # cancelled meanwhile
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


class _Job(NamedTuple):
    work: Callable[..., Any]
    arguments: tuple[Any, ...]
    context: Context
    future: asyncio.Future[Any]
    home: _Home


class ThreadPool:
    """Runs one job a thread; ``run`` refuses at once what the queue has no room for. Serves one event loop at a time.

    Django keeps database connections per thread, so the number of threads is the number of connections. ``prepare``
    runs first in every thread, and all jobs of that thread see the context variables it sets; ``dispose`` runs last.
    """

    def __init__(
        self,
        threads: int,
        queue: int,
        *,
        extra: int = 0,
        prepare: Callable[[], object] = nothing,
        dispose: Callable[[], object] = nothing,
    ) -> None:
        self._threads, self._queue, self._extra = threads, queue, extra
        self._prepare, self._dispose = prepare, dispose
        self._jobs: SimpleQueue[_Job] = SimpleQueue()
        self._home: _Home | None = None
        self._started = False
        self._lock = threading.Lock()
        self._away = 0
        self._replaced: set[int] = set()

    @property
    def taken(self) -> int:
        """How many jobs run or wait, without those that have left the pool to others."""
        return (self._home.taken if self._home else 0) - self._away

    @property
    def behind(self) -> bool:
        """Whether a whole round of jobs waits already, so that the next one will wait for two."""
        return self.taken >= 2 * self._threads

    async def run(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Run ``work`` in a thread with a copy of this context and return its result or raise its error.

        Raises PoolFullError when the queue has no room. Who is cancelled here stops waiting; the thread goes on.
        """
        loop = asyncio.get_running_loop()
        home = self._home
        if home is None or home.loop is not loop:
            home = self._home = _Home(loop)
        if home.taken - self._away >= self._threads + self._queue:
            raise PoolFullError
        if not self._started:
            self._start()
        future: asyncio.Future[Any] = loop.create_future()
        home.taken += 1
        self._jobs.put(_Job(work, arguments, copy_context(), future, home))
        return await future

    @contextmanager
    def left_to_others(self) -> Iterator[None]:
        """Let another thread take the calling one's place while it waits for its client, and for good after that.

        With ``extra`` threads away already, this one keeps its place: the pool has then one thread less meanwhile.
        """
        with self._lock:
            replaced = self._away < self._extra
            if replaced:
                self._away += 1
                self._replaced.add(threading.get_ident())
        if not replaced:
            yield
            return
        self._start_thread()
        try:
            yield
        finally:
            with self._lock:
                self._away -= 1

    def _start(self) -> None:
        with self._lock:
            if self._started:
                return
            self._started = True
        sys.setswitchinterval(SWITCH_S)
        for _ in range(self._threads):
            self._start_thread()

    def _start_thread(self) -> None:
        threading.Thread(target=self._work, name="http", daemon=True).start()

    def _work(self) -> None:
        try:
            self._prepare()
        except Exception:  # the requests can still be served, and what is wrong will show in them
            logger.exception("A thread could not be prepared")
        own = copy_context()
        me = threading.get_ident()
        while me not in self._replaced:
            job = self._jobs.get()
            result: Any = None
            error: BaseException | None = None
            try:
                result = own.copy().run(_call, job, own)
            except StopIteration as raised:  # a future would not take it
                error = RuntimeError(f"A job raised {raised!r}")
            except BaseException as raised:  # whatever it is belongs to the one who waits
                error = raised
            job.home.hand_over(job.future, result, error)
            del job, result, error  # a thread that waits keeps no request alive
        self._replaced.discard(me)
        self._dispose()


def _call(job: _Job, own: Context) -> Any:
    for variable, value in job.context.items():
        if variable not in own:
            variable.set(value)
    return job.work(*job.arguments)
