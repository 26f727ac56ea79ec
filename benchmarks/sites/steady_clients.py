"""Clients that never pause: each sends its next request the moment the answer is complete, and keeps the books.

A request counts as lost when it was sent on an open connection, which the server had not said it would close, and no
complete answer came back. A refused connection is no loss: that client goes to another server.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass


@dataclass
class Books:
    """What happened to the requests of all clients."""

    answered: int = 0
    lost: int = 0
    busy: int = 0  # answered with 503
    refused: int = 0


class SteadyClients:
    """``clients`` connections to a port of the loopback interface, asking for one path."""

    def __init__(self, port: int, path: str, clients: int) -> None:
        self.books = Books()
        self._port, self._clients = port, clients
        self._request = f"GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n".encode()

    async def run(self) -> None:
        """Go on until the server takes no more connections."""
        await asyncio.gather(*(self._client() for _ in range(self._clients)))

    async def _client(self) -> None:
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                self.books.refused += 1
                return
            try:
                await self._converse(reader, writer)
            finally:
                writer.close()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        last = False
        while not last:
            writer.write(self._request)
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await _read_body(reader, head)
            except (OSError, asyncio.IncompleteReadError):
                self.books.lost += 1
                return
            self.books.answered += 1
            self.books.busy += head.startswith(b"http/1.1 503")
            last = b"connection: close" in head


async def _read_body(reader: asyncio.StreamReader, head: bytes) -> None:
    """Read an answer's body to its last byte."""
    if b"transfer-encoding: chunked" not in head:
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        return
    size = 1
    while size:
        size = int(await reader.readuntil(b"\r\n"), 16)
        await reader.readexactly(size + 2)
