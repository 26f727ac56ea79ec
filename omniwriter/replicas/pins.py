"""Which place in the primary's log a reader must see: nobody is shown the time before their own last write.

A piece of work (a request, a task, a websocket, or the thread itself outside of these) knows what it was told to have
seen and what it has written. A read goes to a replica only when that has replayed both.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from omniwriter.replicas import monitor
from omniwriter.replicas.lsn import LAST, format_lsn, parse_lsn
from omniwriter.replicas.marks import MarksAwayError, get_mark, put_mark
from omniwriter.replicas.servers import replica_aliases

logger = logging.getLogger(__name__)

END_OF_LOG = "SELECT pg_current_wal_insert_lsn()::text"
MARGIN = 256 << 20  # bytes of log that are not written between two looks of the monitor


class Work:
    """One piece of work.

    ``needs`` is the place it must see; ``whole``: once it has written, it reads from the primary to its end;
    ``owner``: whose it is, so that a commit is noted for whoever serves them next; ``follows``: what others have noted
    for the owner meanwhile counts too.
    """

    __slots__ = ("committed", "follows", "needs", "owner", "primary", "replica", "whole", "writer", "wrote_at")

    def __init__(self, needs: int = 0, *, whole: bool = False, owner: str = "", follows: bool = False) -> None:
        self.needs, self.whole, self.owner, self.follows = needs, whole, owner, follows
        self.primary = False
        self.replica: str | None = None
        self.committed: int | None = None
        self.writer: BaseDatabaseWrapper | None = None  # since the log was asked last
        self.wrote_at = 0.0

    def wrote(self, connection: BaseDatabaseWrapper) -> None:
        """Note a statement that changes data, after it was executed."""
        self.wrote_at = time.monotonic()
        self.writer = connection
        self.primary = self.primary or self.whole
        if not self.owner:
            return
        if not connection.in_atomic_block:
            self.publish()
        elif not any(hook[1] == self.publish for hook in connection.run_on_commit):
            connection.on_commit(self.publish)  # before the callbacks that tell others to look

    def settle(self) -> int | None:
        """Return the place after what was committed last; the log is asked at most once a commit. Never raises."""
        writer = self.writer
        if writer is not None:
            self.committed = _end_of_log()
            self.needs = max(self.needs, self.committed)
            if not writer.in_atomic_block:  # in one, the commit is still to come
                self.writer = None
        return self.committed

    def publish(self) -> None:
        """Note for the owner what was committed."""
        lsn = self.settle()
        if lsn is not None:
            try:
                put_mark(self.owner, lsn)
            except MarksAwayError:
                return  # who reads it knows that it is away

    def place(self) -> int | None:
        """Return the place that a replica must have replayed to serve this work; None: only the primary may."""
        if self.primary:
            return None
        if self.writer is not None:
            known = None if self.writer.in_atomic_block else monitor.history.place_after(self.wrote_at)
            if known is None:
                return None
            self.committed, self.needs, self.writer = known, max(self.needs, known), None
        if self.follows:
            try:
                self.needs = max(self.needs, get_mark(self.owner))
            except MarksAwayError:
                return None
        return self.needs

    def carried(self) -> int:
        """Return the place that whoever is called from here must see; past every place while the commit is to come."""
        if self.writer is not None and self.writer.in_atomic_block:
            return LAST
        return max(self.needs, self.settle() or 0)


_current: ContextVar[Work | None] = ContextVar("omniwriter_work", default=None)
_floor: ContextVar[int] = ContextVar("omniwriter_seen_after", default=0)


def current() -> Work | None:
    """Return the work this code runs in."""
    return _current.get()


def enter(work: Work) -> Token[Work | None]:
    """Begin a piece of work; ``leave`` with what is returned ends it."""
    return _current.set(work)


def leave(token: Token[Work | None]) -> None:
    """End a piece of work; one that was begun in another context has ended with that."""
    try:
        _current.reset(token)
    except ValueError:
        _current.set(None)


@contextmanager
def working(work: Work) -> Iterator[Work]:
    """Do a piece of work in this block."""
    token = enter(work)
    try:
        yield work
    finally:
        leave(token)


def note_write(connection: BaseDatabaseWrapper) -> None:
    """Note that data was changed on the primary, in the work or else in this thread's own."""
    work = _current.get()
    if work is None:
        work = Work()
        _current.set(work)
    work.wrote(connection)


def choose(besides: str | None = None) -> str | None:
    """Return the replica that reads next, or None for the primary."""
    work, floor = _current.get(), _floor.get()
    if work is None:
        return monitor.rotation.pick(floor, besides=besides)
    place = work.place()
    if place is None:
        return None
    chosen = monitor.rotation.pick(max(place, floor), held=work.replica, besides=besides)
    if work.whole:
        work.replica = chosen
    return chosen


def last_commit() -> str | None:
    """Return the place in the primary's log (LSN) with what this context committed last; None without replicas.

    Also None when it has committed nothing. Right in ``on_commit`` callbacks too.
    """
    work = _current.get()
    if work is None or not replica_aliases():
        return None
    lsn = work.settle()
    return None if lsn is None else format_lsn(lsn)


@contextmanager
def seen_after(lsn: str | None) -> Iterator[None]:
    """Read in this block only where ``lsn`` has been replayed; None asks for nothing."""
    if lsn is None or not replica_aliases():
        yield
        return
    token = _floor.set(max(_floor.get(), parse_lsn(lsn)))
    try:
        yield
    finally:
        _floor.reset(token)


def _end_of_log() -> int:
    primary = connections[DEFAULT_DB_ALIAS]
    for last in (primary.in_atomic_block, True):  # outside of a transaction it may be that connection's end only
        try:
            return _ask()
        except Exception as error:  # the commit has happened: whoever reports it must not fail for this
            if last:
                logger.warning("The primary did not say how far its log is: %s", error)
                break
            primary.close()
    newest = monitor.history.newest
    return newest + MARGIN if newest else LAST


def _ask() -> int:
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(END_OF_LOG)
        return parse_lsn(cursor.fetchone()[0])
