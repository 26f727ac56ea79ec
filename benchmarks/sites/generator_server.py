"""A server that is never what a load generator waits for, unless it is told to: one process, no framework.

``/`` answers at once, ``/wait`` after ``WAIT_S``, and ``/stall`` when the whole server has stood still for ``STALL_S``.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import uvloop

WAIT_S, STALL_S = 0.02, 1.0
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
END = b"\r\n\r\n"


class Server(asyncio.Protocol):
    """One connection; requests have no body."""

    def __init__(self) -> None:
        self.received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where answers go."""
        self.transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer each whole request."""
        self.received += data
        while END in self.received:
            head, _, self.received = self.received.partition(END)
            path = head.split(b" ", 2)[1]
            if path == b"/wait":
                asyncio.get_running_loop().call_later(WAIT_S, self.answer)
                continue
            if path == b"/stall":
                time.sleep(STALL_S)
            self.answer()

    def answer(self) -> None:
        """Send the answer, unless the client has left."""
        if not self.transport.is_closing():
            self.transport.write(ANSWER)


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
