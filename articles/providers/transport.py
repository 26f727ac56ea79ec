"""How a call reaches its provider: one connection, made for it, to an address that was checked, closed with it."""

from __future__ import annotations

import functools
import ssl
from typing import Any

import httpx2
from openai import AsyncOpenAI

from articles.providers.addresses import checked_addresses
from articles.providers.base import Endpoint

CONNECT_S = 5.0
_WRITE_S = 30.0
_MOST_ADDRESSES = 3
#: All that a provider is told in headers. The library would add what it finds in the environment.
_HEADERS = frozenset(
    {
        "host", "content-type", "content-length", "accept", "accept-encoding", "connection", "authorization",
        "traceparent",
    }
)  # fmt: skip
_PORTS = {"http": 80, "https": 443}


class CheckedTransport(httpx2.AsyncHTTPTransport):
    """Looks the host up, refuses what the endpoint may not reach, and connects to just what was looked up.

    So a name that leads elsewhere a moment later changes nothing. TLS still proves the name.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(
            verify=_tls(), trust_env=False, limits=httpx2.Limits(max_connections=1, max_keepalive_connections=0)
        )
        self._endpoint = endpoint

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the first of the host's addresses that takes the connection."""
        url = request.url
        host, port = url.host, url.port or _PORTS.get(url.scheme, 443)
        addresses = await checked_addresses(self._endpoint, host, port)
        self._strip(request)
        request.extensions = {**request.extensions, "sni_hostname": host}
        for address in addresses[: _MOST_ADDRESSES - 1]:
            request.url = url.copy_with(host=address)
            try:
                return await super().handle_async_request(request)
            except httpx2.ConnectError:
                if address == addresses[-1]:
                    raise
        request.url = url.copy_with(host=addresses[-1])
        return await super().handle_async_request(request)

    def _strip(self, request: httpx2.Request) -> None:
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]
        if not self._endpoint.key:
            request.headers.pop("authorization", None)
        request.headers["user-agent"] = "OmniWriter"


def client_of(endpoint: Endpoint) -> AsyncOpenAI:
    """Return a client for one call; it is to be closed. It waits for a connection, and leaves other waits to others."""
    timeout = httpx2.Timeout(None, connect=CONNECT_S, write=_WRITE_S)
    http: Any = httpx2.AsyncClient(transport=CheckedTransport(endpoint), timeout=timeout, trust_env=False)
    return AsyncOpenAI(
        api_key=endpoint.key or "none",  # it insists on one; the transport leaves it out
        organization="",
        project="",
        base_url=endpoint.base_url,
        max_retries=0,
        timeout=timeout,
        http_client=http,
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """Reading the certificates takes longer than connecting."""
    return httpx2.create_ssl_context(trust_env=False)
