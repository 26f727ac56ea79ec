"""Loopback ports and sockets: free ones, busy ones, and who holds them."""

from __future__ import annotations

import errno
import http.client
import secrets
import socket
from pathlib import Path

import psutil

from omniwriter.stack.errors import PortBusyError, StackError

LOOPBACK = "127.0.0.1"
FREE_PORTS = range(12_000, 32_000)  # Linux gives out those from 32768 on, others those from 49152
ATTEMPTS = 100
PROBE_TIMEOUT_S = 0.2
ANSWER_TIMEOUT_S = 5.0


def free_port(neighbours: int = 0) -> int:
    """Return a port nobody uses at the moment, as are ``neighbours`` after it; raises StackError when there is none.

    It is below those that the kernel gives to outgoing connections: one of them could take it before a server does.
    """
    for _ in range(ATTEMPTS):
        port = secrets.choice(FREE_PORTS)
        if all(_is_free(one) for one in range(port, port + neighbours + 1)):
            return port
    raise StackError(f"No port between {FREE_PORTS.start} and {FREE_PORTS.stop} is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def answers(address: int | Path, host: str = LOOPBACK) -> bool:
    """Tell whether somebody accepts connections on a TCP port or a Unix socket."""
    family = socket.AF_UNIX if isinstance(address, Path) else socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.settimeout(PROBE_TIMEOUT_S)
        return probe.connect_ex(str(address) if isinstance(address, Path) else (host, address)) == 0


def serves(port: int, path: str, host: str = LOOPBACK) -> bool:
    """Tell whether a GET of ``path`` is answered, and not with a server error; waits at most ``ANSWER_TIMEOUT_S``.

    A refusal counts as an answer: the host name we ask under need not be in the site's ALLOWED_HOSTS.
    """
    connection = http.client.HTTPConnection(host, port, timeout=ANSWER_TIMEOUT_S)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status < http.client.INTERNAL_SERVER_ERROR
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def require_free(host: str, port: int) -> None:
    """Raise PortBusyError, naming the process that holds the port, or StackError when the host is not ours."""
    if not 1 <= port <= 65535:
        raise StackError(f"--port must be between 1 and 65535, not {port}.")
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise _explained(host, port, error) from None


def _explained(host: str, port: int, error: OSError) -> StackError:
    if error.errno == errno.EADDRINUSE:
        owner = port_owner(port)
        return PortBusyError(
            f"Port {port} is in use{f' by {owner}' if owner else ''}. "
            f"Stop that program, or choose another port: --port {port + 1} (with make: make run PORT={port + 1})."
        )
    if error.errno == errno.EACCES:
        return StackError(f"This account may not listen on port {port}. Choose one above 1023: --port 8000.")
    return StackError(f"Can't listen on {host}:{port}: {error.strerror or error}. Check --host.")


def port_owner(port: int) -> str:
    """Return "name (process 123)" of the listener, or nothing when this account can't see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            listening = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
            if listening and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        return ""
    return ""
