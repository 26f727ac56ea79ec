"""Where a performance test goes: this machine, unless another host is allowed by its name; and to which routes."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from perfmon.exceptions import PerftestError

DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN = frozenset(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Address:
    """A server: scheme, host without brackets, port."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Whether it is this machine and nothing else: then the memory of its processes can be read."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return False
        return bool(found) and all(ipaddress.ip_address(one[4][0]).is_loopback for one in found)


def address_of(text: str, *, allowed: Collection[str] = ()) -> Address:
    """Return the address that ``--host`` names; raises PerftestError for one that is malformed or not allowed."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise PerftestError(f"--host {text!r} is no address: {error}. Example: http://127.0.0.1:8000") from error
    more = parts.path.strip("/") or parts.query or parts.username
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or more:
        raise PerftestError(
            f"--host must be scheme, name and port, as in http://127.0.0.1:8000, not {text!r}. "
            "Paths are given with --route."
        )
    address = Address(parts.scheme, parts.hostname, port or DEFAULT_PORTS[parts.scheme])
    if address.host not in allowed and not address.is_here:
        raise PerftestError(
            f"{address.host} is not this machine, and a performance test is a load. If it is yours to burden, "
            f"say so: --allow-host {address.host}"
        )
    return address


def route_of(text: str) -> str:
    """Return a route as it is requested; raises PerftestError for a full address or what can't stand in a request."""
    if not text.startswith("/") or text.startswith("//"):
        raise PerftestError(
            f"--route must begin with one slash, as in /api/articles, not {text!r}; --host names the host."
        )
    if not _PLAIN.issuperset(text):
        raise PerftestError(
            f"--route {text!r} has characters that an address can't have; write them as %20 and the like."
        )
    return text
