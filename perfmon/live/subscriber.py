"""One open socket as the hub sees it: what it watches, and how to write to it without waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from functools import partial
from types import coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfmon.live.access import Credential

Message = dict[str, Any]
Send = Callable[[Message], Awaitable[None]]


class Subscriber:
    """A socket that is written to at once when it can take it, and gets only the newest of each topic when it can't.

    A reader that is slow holds at most one message the server is waiting to write, and one waiting message a topic.
    """

    __slots__ = ("_send", "_waiting", "_writer", "closed", "credential", "skipped", "topics")

    def __init__(self, send: Callable[[Message], Coroutine[Any, Any, None]], credential: Credential) -> None:
        self._send = send
        self._waiting: dict[str, Message] = {}
        self._writer: asyncio.Task[None] | None = None
        self.credential = credential
        self.topics: set[str] = set()
        self.closed = False
        self.skipped = 0

    def deliver(self, topic: str, message: Message) -> None:
        """Write an ASGI message now, or keep it in place of the topic's last one until the socket takes more.

        A task for each of 2,000 sockets costs more than the write itself, so the server's ``send`` is started right
        here; only when it has to wait does a task carry it on.
        """
        if self.closed:
            return
        if self._writer is not None:
            self.skipped += topic in self._waiting
            self._waiting[topic] = message
            return
        sending = self._send(message)
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return
        except Exception:  # the client is gone; its own task hears of it too
            self.closed = True
            return
        self._writer = asyncio.get_running_loop().create_task(self._write_rest(_resumed(sending, waits_for)))

    def forget(self, topic: str) -> None:
        """Drop what waits of a topic nobody on this socket watches any more."""
        self._waiting.pop(topic, None)

    def close(self) -> None:
        """Write nothing more."""
        self.closed = True
        self._waiting.clear()
        if self._writer is not None:
            self._writer.cancel()

    async def _write_rest(self, started: Awaitable[None]) -> None:
        try:
            await started
            while self._waiting:
                topic = next(iter(self._waiting))
                await self._send(self._waiting.pop(topic))
        except Exception:  # the client is gone
            self.closed = True
        finally:
            self._writer = None


@coroutine
def _resumed(started: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Go on with a coroutine whose first step was taken by hand and ended at ``waits_for``."""
    while True:
        try:
            value = yield waits_for
        except BaseException as error:
            step = partial(started.throw, error)
        else:
            step = partial(started.send, value)
        try:
            waits_for = step()
        except StopIteration:
            return
