"""The ASGI application: one request from its scope to its last byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from omniwriter.bridge.body import (
    Body,
    BodyTooLargeError,
    BodyTooSlowError,
    ClientGoneError,
    Headers,
    Receive,
    discard_body,
    read_body,
)
from omniwriter.bridge.environ import build_environ
from omniwriter.bridge.pool import PoolFullError, ThreadPool, nothing
from omniwriter.bridge.stream import Send, Stream

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Scope = dict[str, Any]

RETRY_AFTER_S = 1
STREAMS_PER_THREAD = 2  # answers that may be streamed at once beside the threads that make whole ones
PIECE_BYTES = 256 * 1024
NO_BODY_STATUSES = frozenset({204, 304})


class Answer:
    """A WSGI answer: status and headers from ``start_response`` and the whole body, unless it is streamed."""

    __slots__ = ("body", "headers", "sized", "status", "stream")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[bytes, bytes]] = []
        self.sized = False
        self.body = b""
        self.stream: Stream | None = None

    def start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> None:
        """Take status and headers, as PEP 3333's start_response does."""
        self.status = int(status[:3])
        self.headers = [(name.lower().encode("latin-1"), value.lstrip().encode("latin-1")) for name, value in headers]
        self.sized = any(name == b"content-length" for name, _ in self.headers)

    def fill(self, body: bytes, *, head_only: bool) -> None:
        """Take the whole body; its length is told even when the body itself is not wanted."""
        if self.status in NO_BODY_STATUSES:
            return
        if not self.sized:
            self.headers.append((b"content-length", b"%d" % len(body)))
        if not head_only:
            self.body = body

    def head(self) -> dict[str, Any]:
        """Return the message that begins the answer."""
        return {"type": "http.response.start", "status": self.status, "headers": self.headers}


class Bridge:
    """Runs Django's WSGI handler for an ASGI server.

    ``threads`` requests run at once and ``queue`` more may wait; the next one gets 503 with Retry-After. A body of more
    than ``limit_bytes`` gets 413, one that stops coming 408. ``prepare`` and ``dispose`` run in every thread, first and
    last; ``on_refused`` is called with the scope and the status of every request that Django does not see and returns
    further headers for its answer. A layer in front that wants to read what Django left in a request's environ makes a
    place for it, ``environ``, in the scope.
    """

    def __init__(
        self,
        wsgi: WsgiApp,
        *,
        threads: int,
        queue: int,
        limit_bytes: int,
        prepare: Callable[[], object] = nothing,
        dispose: Callable[[], object] = nothing,
        on_refused: Callable[[Scope, int], Headers] = lambda scope, status: [],
    ) -> None:
        extra = STREAMS_PER_THREAD * threads
        self.pool = ThreadPool(threads, queue, extra=extra, prepare=prepare, dispose=dispose)
        self._wsgi = wsgi
        self._limit_bytes = limit_bytes
        self._on_refused = on_refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        try:
            body = await read_body(receive, scope["headers"], self._limit_bytes)
        except BodyTooLargeError:
            more = self._on_refused(scope, 413)
            await _refuse_body(receive, send, 413, b"The request's body is too large.\n", *more)
            return
        except BodyTooSlowError:
            more = self._on_refused(scope, 408)
            await _refuse(send, 408, b"The request's body did not arrive.\n", (b"connection", b"close"), *more)
            return
        except ClientGoneError:
            return
        answer = Answer()
        environ = _environ(scope, body)
        # Watching its client costs a request a sixth, so only one that will wait for long is worth it.
        leaving = asyncio.ensure_future(receive()) if self.pool.behind else None
        stream = partial(Stream, asyncio.get_running_loop(), receive, send)
        try:
            await self.pool.run(self._run, environ, body, answer, stream, leaving)
        except PoolFullError:
            body.file.close()
            more = self._on_refused(scope, 503)
            retry = (b"retry-after", b"%d" % RETRY_AFTER_S)
            await _refuse(send, 503, b"The server is busy. Try again in a moment.\n", retry, *more)
        except ClientGoneError:
            return
        except BaseException:
            if answer.stream is not None:
                await answer.stream.abandon()
            raise
        else:
            await _send(send, answer)
        finally:
            if leaving is not None:
                leaving.cancel()

    def _run(
        self,
        environ: dict[str, Any],
        body: Body,
        answer: Answer,
        stream: Callable[[], Stream],
        leaving: asyncio.Future[Any] | None,
    ) -> None:
        """Call the handler, in a thread: collect a whole answer, or send a streamed one as it is made."""
        head_only = environ["REQUEST_METHOD"] == "HEAD"
        try:
            if leaving is not None and leaving.done():
                raise ClientGoneError
            response = self._wsgi(environ, answer.start)
            try:
                if not getattr(response, "streaming", False):
                    answer.fill(b"".join(response), head_only=head_only)
                elif not head_only:
                    answer.stream = stream()
                    with self.pool.left_to_others():
                        answer.stream.write_all(answer.head(), response)
            finally:
                close = getattr(response, "close", None)
                if close is not None:
                    close()
        finally:
            body.file.close()


def _environ(scope: Scope, body: Body) -> dict[str, Any]:
    """Return the request's environ, and leave it to a layer in front that made a place for it."""
    environ = build_environ(scope, body)
    if "environ" in scope:
        scope["environ"] = environ
    return environ


async def _send(send: Send, answer: Answer) -> None:
    if answer.stream is not None:
        await answer.stream.finished()
        return
    await send(answer.head())
    body = answer.body
    if len(body) <= PIECE_BYTES:
        await send({"type": "http.response.body", "body": body})
        return
    for at in range(0, len(body), PIECE_BYTES):  # the server holds back what the client has no room for
        await send({"type": "http.response.body", "body": body[at : at + PIECE_BYTES], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _refuse(send: Send, status: int, text: bytes, *headers: tuple[bytes, bytes], more_body: bool = False) -> None:
    head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text)), *headers]
    await send({"type": "http.response.start", "status": status, "headers": head})
    await send({"type": "http.response.body", "body": text, "more_body": more_body})


async def _refuse_body(receive: Receive, send: Send, status: int, text: bytes, *headers: tuple[bytes, bytes]) -> None:
    """Answer while the body is still coming: the connection closes only after its sender had the time to look."""
    await _refuse(send, status, text, (b"connection", b"close"), *headers, more_body=True)
    await discard_body(receive)
    await send({"type": "http.response.body", "body": b""})
