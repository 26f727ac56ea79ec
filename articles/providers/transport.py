"""How a call reaches its provider: one connection, made for it, to an address that was checked, closed with it."""

from __future__ import annotations

import functools
import logging
import ssl
from collections.abc import Iterable
from typing import Any

import httpcore2
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

# Its lines at DEBUG hold the answer's headers as they came, in which a provider may repeat the key.
logging.getLogger("httpcore2.http11").setLevel(logging.INFO)


class CheckedNetwork(httpcore2.AnyIOBackend):
    """Looks a host up, refuses what its endpoint may not reach, and connects to just what was looked up.

    So a name that leads elsewhere a moment later changes nothing.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's own
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of the host's addresses that takes the connection."""
        *others, last = (await checked_addresses(self._endpoint, host, port))[:_MOST_ADDRESSES]
        for address in others:
            try:
                return await super().connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return await super().connect_tcp(last, port, timeout, local_address, socket_options)


class Body(httpx2.AsyncByteStream):
    """An answer's bytes as they come, until somebody has enough of them.

    The library reads through generators within generators, and leaves them in the middle. Those would be closed by
    whichever thread collects garbage, while this one closes them too. So they are brought to an end: see ``enough``.
    """

    def __init__(self, stream: Any) -> None:
        self._stream, self._parts = stream, aiter(stream)
        self._is_enough = False

    def __aiter__(self) -> Body:
        return self

    async def __anext__(self) -> bytes:
        if self._is_enough:
            raise StopAsyncIteration
        part: bytes = await anext(self._parts)
        return part

    def enough(self) -> None:
        """End here, so that all who read on find the end."""
        self._is_enough = True

    async def aclose(self) -> None:
        """Close the connection."""
        await self._parts.aclose()
        await self._stream.aclose()


class Transport(httpx2.AsyncHTTPTransport):
    """Sends the requests of one call, with no header but what a provider needs to know."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(trust_env=False, verify=_tls())
        self._endpoint = endpoint
        self.body: Body | None = None
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=1,
            max_keepalive_connections=0,
            network_backend=CheckedNetwork(endpoint),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request."""
        for name in [name for name in request.headers if name.lower() not in _HEADERS]:
            del request.headers[name]
        if not self._endpoint.key:
            request.headers.pop("authorization", None)
        request.headers["user-agent"] = "OmniWriter"
        response = await super().handle_async_request(request)
        self.body = response.stream = Body(response.stream)
        return response


def client_of(endpoint: Endpoint, transport: Transport | None = None) -> AsyncOpenAI:
    """Return a client for one call; it is to be closed. It waits for a connection, and leaves other waits to others."""
    timeout = httpx2.Timeout(None, connect=CONNECT_S, write=_WRITE_S)
    http: Any = httpx2.AsyncClient(transport=transport or Transport(endpoint), timeout=timeout, trust_env=False)
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
