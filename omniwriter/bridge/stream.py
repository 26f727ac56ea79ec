"""A long answer on its way from the thread that makes it to the loop that sends it, a bounded stretch ahead.

Its thread stays the same to the end: a database cursor may be read by no other. It waits when the client is slow and
is told when the client is gone.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

AHEAD_BYTES = 256 * 1024  # made but not yet taken by the server
STALL_S = 60.0  # a client that takes nothing for this long has left, whatever its connection says


class Stream:
    """One streamed answer. ``write_all`` belongs to the thread, everything else to the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, receive: Receive, send: Send) -> None:
        self._loop, self._receive, self._send = loop, receive, send
        self._chunks: deque[bytes] = deque()
        self._made_bytes = self._sent_bytes = 0  # each counted by one side only, so neither needs a lock
        self._woken = self._ended = self._gone = False
        self._room = threading.Event()
        self._news = asyncio.Event()
        self._sending: asyncio.Task[None] | None = None
        self._whole = False

    def write_all(self, head: dict[str, Any], chunks: Iterable[bytes]) -> None:
        """Send every chunk as it is made, until the last or until the client is gone."""
        self._loop.call_soon_threadsafe(self._begin, head)
        try:
            for chunk in chunks:
                if chunk and not self._take(chunk):
                    return
            self._whole = not self._gone
        finally:
            self._ended = True
            self._wake()

    async def finished(self) -> None:
        """Wait until all is sent, or until it is certain that nobody wants the rest."""
        if self._sending is not None:
            await self._sending

    async def abandon(self) -> None:
        """Send what was made before the thread failed, or nothing more at all when the server wants to stop."""
        if not self._ended:
            self._give_up()
        await self.finished()

    def _take(self, chunk: bytes) -> bool:
        """Called by the thread: pass a chunk on, wait for room for the next; False when nobody wants it."""
        self._made_bytes += len(chunk)
        self._chunks.append(chunk)
        self._wake()
        while self._is_ahead():
            self._room.clear()
            sent_bytes = self._sent_bytes
            if self._is_ahead() and not self._room.wait(STALL_S) and sent_bytes == self._sent_bytes:
                self._loop.call_soon_threadsafe(self._give_up)
                return False
        return not self._gone

    def _is_ahead(self) -> bool:
        return self._made_bytes - self._sent_bytes > AHEAD_BYTES and not self._gone

    def _wake(self) -> None:
        if not self._woken:
            self._woken = True
            self._loop.call_soon_threadsafe(self._news.set)

    def _begin(self, head: dict[str, Any]) -> None:
        self._sending = self._loop.create_task(self._send_all(head))

    def _give_up(self) -> None:
        if self._sending is not None:
            self._sending.cancel()

    async def _send_all(self, head: dict[str, Any]) -> None:
        leaving = asyncio.ensure_future(self._until_gone())
        try:
            await self._send(head)
            while not self._gone:
                await self._news.wait()
                self._news.clear()
                self._woken = False
                ended = self._ended  # before the chunks, which end before it does
                await self._send_ready()
                if ended:
                    break
            if self._whole:
                await self._send({"type": "http.response.body", "body": b""})
        except (OSError, asyncio.CancelledError):
            self._gone = True
        finally:
            self._room.set()
            leaving.cancel()

    async def _send_ready(self) -> None:
        ready = []
        while self._chunks:
            ready.append(self._chunks.popleft())
        if ready:
            body = ready[0] if len(ready) == 1 else b"".join(ready)
            await self._send({"type": "http.response.body", "body": body, "more_body": True})
            self._sent_bytes += len(body)
            self._room.set()

    async def _until_gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._news.set()
        self._room.set()
