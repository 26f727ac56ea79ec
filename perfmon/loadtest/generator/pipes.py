"""Stdin and stdout without ever blocking the greenlets; what others print goes to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from gevent.os import make_nonblocking, nb_read, nb_write

from perfmon.loadtest.generator.protocol import Inbox, Message, pack

_READ_BYTES = 65_536


class LeaderGoneError(Exception):
    """Nobody reads what we answer."""


class Pipes:
    """The conversation with whoever started this process."""

    def __init__(self) -> None:
        self._parent = os.getppid()
        self._in, self._out = sys.stdin.fileno(), os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a library's print must not become part of a frame
        make_nonblocking(self._in)
        make_nonblocking(self._out)

    def messages(self) -> Iterator[Message]:
        """Yield what is told until the end of stdin; raises PlanError on what is no message."""
        inbox = Inbox()
        while told := nb_read(self._in, _READ_BYTES):
            yield from inbox.feed(told)

    def tell(self, message: Message) -> None:
        """Answer; waits, with the load going on, while the pipe is full. Raises LeaderGoneError."""
        self.look_for_leader()
        left = memoryview(pack(message))
        try:
            while left:
                left = left[nb_write(self._out, left) :]
        except BrokenPipeError as error:
            raise LeaderGoneError from error

    def look_for_leader(self) -> None:
        """Raise LeaderGoneError when the process that started this one has ended."""
        if os.getppid() != self._parent:
            raise LeaderGoneError
