"""The ASGI application: one request from its scope to its last byte."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter_ns
from typing import Any

from omniwriter.bridge.body import BodyTooLarge, ClientGone, Receive, read_body
from omniwriter.bridge.environ import build_environ
from omniwriter.bridge.pool import PoolFull, ThreadPool

Send = Callable[[dict[str, Any]], Awaitable[None]]
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Loop = asyncio.AbstractEventLoop

RETRY_AFTER_S = 1
SEND_TIMEOUT_S = 60.0  # a client that takes nothing of a stream for this long has its thread taken away


class Answer:
    """A WSGI answer: status and headers from ``start_response`` and the whole body, unless it was streamed."""

    __slots__ = ("body", "headers", "status", "streamed")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.streamed = False

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        """Take status and headers, as PEP 3333's start_response does."""
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    def head(self) -> dict[str, Any]:
        """Return the message that begins the answer."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


class Bridge:
    """Runs a WSGI application for an ASGI server.

    ``threads`` requests run at once and ``queue`` more may wait; the next one gets 503 with Retry-After.
    A body of more than ``limit_bytes`` gets 413.
    """

    def __init__(self, wsgi: WsgiApp, *, threads: int, queue: int, limit_bytes: int) -> None:
        self.pool = ThreadPool(threads, queue)
        self._wsgi = wsgi
        self._limit_bytes = limit_bytes

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            body = await read_body(receive, scope["headers"], self._limit_bytes)
        except BodyTooLarge:
            await _refuse(send, 413, b"The request's body is too large.\n", (b"connection", b"close"))
            return
        except ClientGone:
            return
        environ = build_environ(scope, body, perf_counter_ns())
        loop = asyncio.get_running_loop()
        try:
            answer = await self.pool.run(lambda: self._run(environ, loop, receive, send))
        except PoolFull:
            retry = (b"retry-after", b"%d" % RETRY_AFTER_S)
            await _refuse(send, 503, b"The server is busy. Try again in a moment.\n", retry)
            return
        finally:
            body.close()
        if not answer.streamed:
            await send(answer.head())
        await send({"type": "http.response.body", "body": answer.body})

    def _run(self, environ: dict[str, Any], loop: Loop, receive: Receive, send: Send) -> Answer:
        """Call the handler, in a thread: collect a whole answer, or send a streamed one from here as it is made."""
        answer = Answer()
        response = self._wsgi(environ, answer.start)
        try:
            if getattr(response, "streaming", False):
                answer.streamed = True
                chunks = () if environ["REQUEST_METHOD"] == "HEAD" else response
                _stream(answer.head(), chunks, loop, receive, send)
            elif environ["REQUEST_METHOD"] != "HEAD":
                answer.body = b"".join(response)
        finally:
            close = getattr(response, "close", None)
            if close is not None:
                close()
        return answer


def _stream(head: dict[str, Any], chunks: Iterable[bytes], loop: Loop, receive: Receive, send: Send) -> None:
    """Send chunk by chunk; the thread waits for a slow client, and stops when the client is gone."""

    def on_loop(work: Awaitable[Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(_awaited(work), loop).result(SEND_TIMEOUT_S)

    gone: asyncio.Future[None] = on_loop(_watch(receive))
    try:
        on_loop(send(head))
        for chunk in chunks:
            if gone.done():
                return
            on_loop(send({"type": "http.response.body", "body": chunk, "more_body": True}))
    except (OSError, TimeoutError):
        return  # the client is gone or takes nothing; there is nobody to tell
    finally:
        loop.call_soon_threadsafe(gone.cancel)


async def _awaited(work: Awaitable[Any]) -> Any:
    return await work


async def _watch(receive: Receive) -> asyncio.Future[None]:
    """Return a task that ends when the client leaves."""

    async def until_gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    return asyncio.ensure_future(until_gone())


async def _refuse(send: Send, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text})
