"""The request's body, read whole before a thread is taken: in memory when small, on disk when large, never without limit."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Awaitable, Callable
from typing import IO, Any

Receive = Callable[[], Awaitable[dict[str, Any]]]

SPOOL_BYTES = 1 << 20  # past it, the body goes to a file
NO_BODY = b""


class BodyTooLarge(Exception):
    """The body is past the limit."""


class ClientGone(Exception):
    """The client left before its request was whole."""


async def read_body(receive: Receive, headers: list[tuple[bytes, bytes]], limit_bytes: int) -> IO[bytes]:
    """Return the body as a file at its start; raises BodyTooLarge or ClientGone. A declared length is believed first."""
    for name, value in headers:
        if name == b"content-length" and value.isdigit() and int(value) > limit_bytes:
            raise BodyTooLarge
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGone
    if not message.get("more_body", False):
        chunk = message.get("body", NO_BODY)
        if len(chunk) > limit_bytes:
            raise BodyTooLarge
        return io.BytesIO(chunk)
    return await _spool(receive, message, limit_bytes)


async def _spool(receive: Receive, message: dict[str, Any], limit_bytes: int) -> IO[bytes]:
    body = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  closed by the bridge after the answer
    try:
        size = 0
        while True:
            chunk = message.get("body", NO_BODY)
            size += len(chunk)
            if size > limit_bytes:
                raise BodyTooLarge
            body.write(chunk)
            if not message.get("more_body", False):
                break
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
        body.seek(0)
    except BaseException:
        body.close()
        raise
    return body
