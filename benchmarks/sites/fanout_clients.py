"""Subscribers that cost next to nothing: a protocol over raw sockets that finds the time stamp in each frame."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from array import array
from typing import Any, cast

AT_ONCE = 40
STAMP, NUMBER = b'"sent_ns":', b',"number":'
STAMP_DIGITS, NUMBER_DIGITS = 19, 10
TEXT, CLOSE, PING, LONG_LENGTH = 0x81, 0x88, 0x89, 126
NO_MASK = bytes(4)  # clients must mask; with zeros the payload stays as it is


class Tally:
    """What the subscribers of one server have received: delays, frames that were skipped and that came again."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start anew."""
        self.delays_ns = array("q")
        self.gaps = self.doubled = 0


class Subscriber(asyncio.Protocol):
    """One connection; counts the frames that carry a stamp."""

    def __init__(self, tally: Tally, request: bytes, hello: bytes) -> None:
        self._tally, self._request, self._hello = tally, request, hello
        self._rest = b""
        self._upgraded = False
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.received = 0
        self._number = 0  # of the last frame
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self.transport.write(self._request)

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whoever waits."""
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("the server closed the connection"))

    def data_received(self, data: bytes) -> None:
        """Cut what came into frames."""
        data = self._rest + data if self._rest else data
        if not self._upgraded:
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._upgrade(head)
        while (size := _frame_size(data)) and size <= len(data):
            self._take(data, size)
            data = data[size:]
        self._rest = data

    def _upgrade(self, head: bytes) -> None:
        assert b" 101 " in head.split(b"\r\n")[0], head
        self._upgraded = True
        if self._hello:
            self.transport.write(self._hello)
        else:
            self.ready.set_result(None)

    def _take(self, data: bytes, size: int) -> None:
        if data[0] == PING:
            self.transport.write(bytes((0x8A, 0x80 | data[1])) + NO_MASK + data[2:size])
            return
        assert data[0] in (TEXT, CLOSE), data[:80]
        at = data.find(STAMP, 0, size)
        if at >= 0:
            at += len(STAMP)
            sent_ns = int(data[at : at + STAMP_DIGITS])
            self._tally.delays_ns.append(time.time_ns() - sent_ns)
            self.received += 1
            at += STAMP_DIGITS
            if data.startswith(NUMBER, at):  # the pieces of a text have none
                at += len(NUMBER)
                self._count(int(data[at : at + NUMBER_DIGITS]))
        elif not self.ready.done():
            self.ready.set_result(None)  # the snapshot

    def _count(self, number: int) -> None:
        if number != self._number + 1:
            self._tally.gaps += max(0, number - self._number - 1)
            self._tally.doubled += number <= self._number
        self._number = number


def _frame_size(data: bytes) -> int:
    """Return the size of the frame at the start, or 0 when its head is not there yet."""
    if len(data) < 2:
        return 0
    length = data[1]
    if length < LONG_LENGTH:
        return 2 + length
    return 4 + int.from_bytes(data[2:4], "big") if len(data) >= 4 else 0


def stamped(number: int, size_bytes: int) -> bytes:
    """Return a payload of that size that says when it was made and which it is, counted from 1."""
    head = b'{"sent_ns":%0*d%b%0*d,"points":"' % (STAMP_DIGITS, time.time_ns(), NUMBER, NUMBER_DIGITS, number)
    return head + b"7" * (size_bytes - len(head) - 2) + b'"}'


def upgrade(port: int, path: str, token: str) -> bytes:
    """Return the request that opens a websocket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n"
    ).encode()


def masked(message: dict[str, Any]) -> bytes:
    """Return a client's text frame."""
    text = json.dumps(message).encode()
    assert len(text) < LONG_LENGTH
    return bytes((TEXT, 0x80 | len(text))) + NO_MASK + text


async def connect_many(count: int, port: int, request: bytes, hello: bytes) -> tuple[Tally, list[Subscriber]]:
    """Open ``count`` connections, some at a time, and wait until each is served."""
    loop, tally, gate = asyncio.get_running_loop(), Tally(), asyncio.Semaphore(AT_ONCE)

    async def connect() -> Subscriber:
        async with gate:
            make = lambda: Subscriber(tally, request, hello)  # noqa: E731
            _transport, subscriber = await loop.create_connection(make, "127.0.0.1", port)
            await asyncio.wait_for(subscriber.ready, 30)
            return subscriber

    return tally, list(await asyncio.gather(*(connect() for _ in range(count))))


def connect_stuck(port: int, request: bytes, hello: bytes) -> socket.socket:
    """Open a connection that subscribes and then never reads."""
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect(("127.0.0.1", port))
    stuck.sendall(request)
    assert b" 101 " in stuck.recv(1024)
    stuck.sendall(hello)
    return stuck
