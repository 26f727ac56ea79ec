"""What the live tests share: a bus with topics of its own, sockets that are logged in, sockets that read when told."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import orjson
import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.urls import path

from perfmon import guard
from perfmon.conf import Config
from perfmon.exceptions import TopicError
from perfmon.live import threads
from perfmon.live.bus import Bus, LocalBus
from perfmon.live.consumers import LiveConsumer
from perfmon.live.hub import Hub
from perfmon.live.valkey import ValkeyBus

HOST = "testserver"


class Topics:
    """Stands for ``panels.topics``: counts its builds and can be made slow or broken."""

    def __init__(self) -> None:
        self.builds: list[str] = []
        self.broken: set[str] = set()
        self._numbers = itertools.count(1)

    def build(self, topic: str) -> bytes:
        """Return a small payload."""
        if not topic.startswith("overview/"):
            raise TopicError("Unknown page in the topic; pages are overview.")
        self.builds.append(topic)
        if topic in self.broken:
            raise RuntimeError("the store is broken")
        return orjson.dumps({"topic": topic, "build": next(self._numbers)})


@pytest.fixture
def topics() -> Topics:
    """The topics of this test."""
    return Topics()


@pytest.fixture(autouse=True)
def _no_failures_yet() -> None:
    guard.failures.clear()


@pytest.fixture(params=["local", "valkey"])
def bus(request: pytest.FixtureRequest, settings: Any) -> Bus:
    """Each kind of bus, empty."""
    if request.param == "local":
        return LocalBus()
    url = request.getfixturevalue("valkey_url")
    settings.PERFMON = {"VALKEY_URL": url, "LOCAL_COLLECTOR": False}
    return ValkeyBus(Config(valkey_url=url))


@pytest.fixture
def local_bus() -> LocalBus:
    """A bus within the process."""
    return LocalBus()


@pytest.fixture
def hub(local_bus: LocalBus, topics: Topics) -> Iterator[Callable[[], Hub]]:
    """The one hub of the test's loop, made on first use as ``get_hub`` does."""
    made: list[Hub] = []

    def get() -> Hub:
        if not made:
            made.append(Hub(local_bus, topics.build))
        return made[0]

    return get


def close_connections_of_threads() -> None:
    """Wait for the live path's threads while the test's database is still there, and close their connections to it."""
    together = threading.Barrier(threads.THREADS)

    def close() -> None:
        together.wait(5)
        connections.close_all()

    for done in [threads.pool.submit(close) for _ in range(threads.THREADS)]:
        done.result()


class Socket(WebsocketCommunicator):
    """A client of the live protocol."""

    async def ask(self, **message: Any) -> None:
        """Send a message."""
        await self.send_to(text_data=json.dumps(message))

    async def hear(self) -> dict[str, Any]:
        """Return the next message."""
        return json.loads(await self.receive_from(timeout=5))

    async def let_in(self) -> None:
        """Wait until the server has looked at who this is: the handshake is done before."""
        await self.ask(type="ping")
        assert await self.hear() == {"type": "pong"}

    async def closed_with(self) -> int:
        """Return the code the server closes with; everything before it is skipped."""
        while True:
            event = await self.receive_output(timeout=5)
            if event["type"] == "websocket.close":
                return event["code"]


Opener = Callable[..., Awaitable[Socket]]


@pytest_asyncio.fixture
async def opened(hub: Callable[[], Hub], transactional_db: None) -> AsyncIterator[Opener]:
    """Open a socket: ``await opened(session=..., origin=..., token=...)``; all are closed at the end."""
    app = AuthMiddlewareStack(URLRouter([path("ws/perfmon/", LiveConsumer.as_asgi(hub=hub))]))
    sockets: list[Socket] = []

    async def open_socket(
        session: str = "", origin: str | None = f"http://{HOST}", token: str = "", host: str = HOST, **options: Any
    ) -> Socket:
        headers = {"host": host, "origin": origin}
        headers["cookie"] = f"{django_settings.SESSION_COOKIE_NAME}={session}" if session else None
        headers["authorization"] = f"Bearer {token}" if token else None
        encoded = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
        socket = Socket(app, "/ws/perfmon/", headers=encoded, **options)
        sockets.append(socket)
        socket.accepted, socket.code = await socket.connect(timeout=5)
        return socket

    yield open_socket
    for socket in sockets:
        await socket.disconnect()
    close_connections_of_threads()


def login(user: User) -> str:
    """Log the user in and return the session's key."""
    client = Client()
    client.force_login(user)
    return client.session.session_key


@pytest_asyncio.fixture
async def staff(transactional_db: None) -> User:
    """One who may see the dashboard."""
    return await User.objects.acreate(username="ada", is_staff=True)


@pytest_asyncio.fixture
async def session(staff: User) -> str:
    """The key of that user's session."""
    return await sync_to_async(login)(staff)


@pytest_asyncio.fixture
async def socket(opened: Opener, session: str) -> Socket:
    """An open socket of one who may see the dashboard."""
    return await opened(session)


async def until(condition: Callable[[], Any], within_s: float = 5.0) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.005)
