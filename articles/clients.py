"""Who is asking, as far as the network can tell."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's IP address: the connection's own, or with proxies in front the one the first of them saw.

    ``TRUSTED_PROXIES`` says how many there are. Each appends to X-Forwarded-For the address it was called from, so
    the client's is that many places from the end; whatever stands before it is the client's own invention.
    """
    connected = str(request.META.get("REMOTE_ADDR") or "")
    proxies: int = settings.TRUSTED_PROXIES
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies < 1 or len(hops) < proxies:
        return _address(connected)
    return _address(hops[-proxies]) or _address(connected)


@lru_cache(maxsize=1_000)  # who asks, asks again
def _address(text: str) -> str:
    """Return the address in its one spelling, empty when it is none."""
    try:
        address = ip_address(text)
    except ValueError:
        return ""
    return str(getattr(address, "ipv4_mapped", None) or address)
