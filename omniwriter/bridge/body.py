"""The request's body, read whole before a thread is taken: in memory when small, on disk when large, within limits."""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, Any, NamedTuple

Receive = Callable[[], Awaitable[dict[str, Any]]]
Headers = list[tuple[bytes, bytes]]

SPOOL_BYTES = 1 << 20  # past it, the body goes to a file
SILENCE_S = 60.0  # a body of which nothing arrives for this long is given up
LINGER_S, LINGER_BYTES = 5.0, 64 << 20  # how much of a refused body is taken so that its sender gets to read the answer


class BodyTooLargeError(Exception):
    """The body is past the limit."""


class BodyTooSlowError(Exception):
    """Nothing of the body came for ``SILENCE_S``."""


class ClientGoneError(Exception):
    """The client left before its request was whole."""


class Body(NamedTuple):
    """A whole body: a file at its start, and its length."""

    file: IO[bytes]
    size_bytes: int


async def read_body(receive: Receive, headers: Headers, limit_bytes: int) -> Body:
    """Return the body; a declared length is believed before it comes.

    Raises BodyTooLargeError, BodyTooSlowError or ClientGoneError.
    """
    for name, value in headers:
        if name == b"content-length" or name == b"transfer-encoding":
            if value.isdigit() and int(value) > limit_bytes:
                raise BodyTooLargeError
            return await _read_announced(receive, limit_bytes)
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    if message.get("more_body", False):
        return await _spool(receive, message, limit_bytes)
    return _in_memory(message.get("body", b""), limit_bytes)


async def discard_body(receive: Receive) -> None:
    """Take what still comes of a refused body, within ``LINGER_S`` and ``LINGER_BYTES``.

    A connection closed on a sender is reset, and the answer that waits for it is lost with it.
    """
    taken_bytes = 0
    try:
        async with asyncio.timeout(LINGER_S):
            while taken_bytes < LINGER_BYTES:
                message = await receive()
                taken_bytes += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


async def _read_announced(receive: Receive, limit_bytes: int) -> Body:
    message = await _next(receive)
    if message.get("more_body", False):
        return await _spool(receive, message, limit_bytes)
    return _in_memory(message.get("body", b""), limit_bytes)


def _in_memory(body: bytes, limit_bytes: int) -> Body:
    if len(body) > limit_bytes:
        raise BodyTooLargeError
    return Body(io.BytesIO(body), len(body))


async def _next(receive: Receive) -> dict[str, Any]:
    try:
        async with asyncio.timeout(SILENCE_S):
            message = await receive()
    except TimeoutError:
        raise BodyTooSlowError from None
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message


async def _spool(receive: Receive, message: dict[str, Any], limit_bytes: int) -> Body:
    file = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  closed by the bridge after the answer
    try:
        size_bytes = 0
        while True:
            chunk = message.get("body", b"")
            size_bytes += len(chunk)
            if size_bytes > limit_bytes:
                raise BodyTooLargeError
            file.write(chunk)
            if not message.get("more_body", False):
                break
            message = await _next(receive)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Body(file, size_bytes)
