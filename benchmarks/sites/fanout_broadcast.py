"""The floor: a bare ``websockets`` server that broadcasts what comes over a Valkey channel as perfmon's."""

from __future__ import annotations

import os
import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve

from perfmon.conf import Config
from perfmon.live.protocol import frame
from perfmon.live.valkey import ValkeyBus

connections: set[ServerConnection] = set()


def bare_bus(valkey_url: str) -> ValkeyBus:
    """Return a bus of its own: on perfmon's each of the two servers would send the other's frames too."""
    return ValkeyBus(Config(valkey_url=valkey_url, prefix="bare"))


async def hold(connection: ServerConnection) -> None:
    """Keep a connection among those broadcast to."""
    connections.add(connection)
    try:
        await connection.wait_closed()
    finally:
        connections.discard(connection)


async def main(port: int) -> None:
    """Serve until killed."""
    bus = bare_bus(os.environ["FANOUT_VALKEY"])
    async with serve(hold, "127.0.0.1", port, compression=None), bus.listen() as frames:
        async for published in frames:
            broadcast(connections, frame(published.topic, published.seq, published.body).decode())


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
