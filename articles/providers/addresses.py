"""Which addresses a provider may have: an administrator's entry must not reach into the site's own network.

Checked when it is stored, by name, and again at each call, by the address that the name leads to then. Endpoints of
the settings are trusted, and ``LLM_ALLOW_PRIVATE`` trusts all.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from articles.enums import CallOutcome
from articles.exceptions import ArticleError
from articles.providers import loop
from articles.providers.base import Endpoint, ProviderError

_PRIVATE = _(
    "This address is in a private network or on this machine. Use a public address, or allow private ones with the "
    "setting OMNI_LLM_ALLOW_PRIVATE."
)
_SHAPES: tuple[tuple[Callable[[SplitResult], bool], Any], ...] = (
    (lambda parts: parts.scheme not in {"http", "https"}, _("The address must start with http:// or https://.")),
    (lambda parts: not parts.hostname, _("The address names no host.")),
    (
        lambda parts: parts.username is not None or parts.password is not None,
        _("Leave the name and the password out of the address. The key has a field of its own."),
    ),
    (
        lambda parts: bool(parts.query or parts.fragment),
        _("Leave out what follows the path: the address ends with the version, such as /v1."),
    ),
)
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")
_RESOLVE_S = 5.0


class AddressRefused(ArticleError):
    """An endpoint may not have this address; ``str`` says why and what to do, in the reader's language."""


def may_be_private(endpoint: Endpoint) -> bool:
    """Whether an endpoint may be in the site's own network."""
    return endpoint.trusted or private_allowed()


def private_allowed() -> bool:
    """Whether administrators may enter addresses in the site's own network."""
    return bool(settings.LLM_ALLOW_PRIVATE)


def address_check(url: str) -> None:
    """Raise AddressRefused for an address that an administrator may not enter; the name is not looked up."""
    parts = _split(url)
    for is_wrong, words in _SHAPES:
        if is_wrong(parts):
            raise AddressRefused(words)
    if not private_allowed() and _is_local_name(parts.hostname or ""):
        raise AddressRefused(_PRIVATE)


def host_check(url: str) -> None:
    """Raise AddressRefused when a host's name leads into a private network now; one that is not known may be later."""
    if private_allowed():
        return
    parts = _split(url)
    try:
        addresses = loop.submit(resolved(parts.hostname or "", parts.port or 443)).result()
    except ProviderError:
        return
    if not all_public(addresses):
        raise AddressRefused(_PRIVATE)


async def resolved(host: str, port: int) -> list[str]:
    """Return a host's addresses, as they are now; raises ProviderError when there are none."""
    try:
        async with asyncio.timeout(_RESOLVE_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ProviderError(CallOutcome.UNREACHABLE, f"The host {host} is not known.") from None
    except TimeoutError:
        raise ProviderError(CallOutcome.UNREACHABLE, f"The host {host} could not be looked up in time.") from None
    return list(dict.fromkeys(str(address[0]) for _, _, _, _, address in found))


async def checked_addresses(endpoint: Endpoint, host: str, port: int) -> list[str]:
    """Return where to connect to; raises ProviderError when one of the host's addresses is not public."""
    addresses = await resolved(host, port)
    if not may_be_private(endpoint) and not all_public(addresses):
        raise ProviderError(CallOutcome.REJECTED, f"The host {host} leads into a private network, which is refused.")
    return addresses


def all_public(addresses: Iterable[str]) -> bool:
    """Whether all addresses are on the public internet."""
    return all(is_public(address) for address in addresses)


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet; one that carries another (mapped, 6to4, NAT64) is as that is."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _carried(parsed) if isinstance(parsed, ipaddress.IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return parsed.is_global and not (parsed.is_multicast or parsed.is_reserved or parsed.is_unspecified)


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises when it is none
    except ValueError:
        raise AddressRefused(_BROKEN) from None
    return parts


_BROKEN = _("This is no address. One looks like https://api.example.com/v1.")


def _is_local_name(host: str) -> bool:
    """Whether a host says by its name alone that it is here; a number in any spelling that systems take is one."""
    name = host.rstrip(".").lower()
    if name == _LOCAL_NAMES[0] or name.endswith(_LOCAL_NAMES[1:]):
        return True
    try:
        return not is_public(socket.inet_ntoa(socket.inet_aton(name)))  # 127.1, 0x7f000001 and 2130706433 too
    except OSError:
        pass
    try:
        return not is_public(str(ipaddress.ip_address(name)))
    except ValueError:
        return "." not in name
