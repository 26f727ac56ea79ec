"""A websocket sees what its session commits, before it was opened and while it is open."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import Group
from django.db import connections
from django.test import Client

from omniwriter.replicas import marks
from omniwriter.replicas.middleware import COOKIE
from omniwriter.replicas.sockets import PinnedSockets

from .conftest import Cluster
from .test_pins import held_up, on_valkey, pinned  # noqa: F401  (fixtures)

REPLICAS = {"replica1", "replica2"}


class LookConsumer(AsyncWebsocketConsumer):
    """Answers each name with what it sees of it."""

    channel_layer_alias = ""

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Look."""
        await self.send(text_data=json.dumps(await database_sync_to_async(self._look)(text_data)))

    @staticmethod
    def _look(name: str) -> dict[str, Any]:
        rows = Group.objects.filter(name=name)
        return {"found": rows.exists(), "db": rows.db}


@pytest.fixture(autouse=True)
def thread_connections(cluster: Cluster) -> Iterator[None]:
    """Close what the sockets' thread has opened."""
    yield
    async_to_sync(database_sync_to_async(connections.close_all))()


def elsewhere(step: Callable[[], object]) -> None:
    """Do something in a thread that leaves no connection open."""
    try:
        step()
    finally:
        connections.close_all()


def see(cookies: dict[str, str], *steps: Any) -> list[dict[str, Any]]:
    """Open a socket with these cookies and ask for each name; a callable among them is done in between."""

    async def session() -> list[dict[str, Any]]:
        header = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
        socket = WebsocketCommunicator(PinnedSockets(LookConsumer.as_asgi()), "/ws/", headers=[(b"cookie", header)])
        assert (await socket.connect())[0]
        found = []
        for step in steps:
            if callable(step):
                await asyncio.to_thread(elsewhere, step)
                continue
            await socket.send_to(text_data=step)
            found.append(json.loads(await socket.receive_from(timeout=5)))
        await socket.disconnect()
        return found

    return async_to_sync(session)()


def test_a_socket_sees_what_its_browser_wrote_before(held_up: Cluster) -> None:  # noqa: F811
    writer = Client()
    writer.get("/write?name=mine")

    assert see({COOKIE: writer.cookies[COOKIE].value}, "mine") == [{"found": True, "db": "default"}]
    assert see({}, "mine")[0]["db"] in REPLICAS


def test_an_open_socket_sees_what_its_session_writes(held_up: Cluster, on_valkey: str) -> None:  # noqa: F811
    browser = Client()
    browser.cookies["sessionid"] = "abc"

    before, after = see({"sessionid": "abc"}, "mine", lambda: browser.get("/write?name=mine"), "mine")

    assert before["db"] in REPLICAS
    assert after == {"found": True, "db": "default"}


def test_a_session_sees_what_its_socket_writes(held_up: Cluster, on_valkey: str) -> None:  # noqa: F811
    browser = Client()
    browser.cookies["sessionid"] = "abc"

    write_by_socket("abc", "mine")

    assert marks.get_mark(marks.owner_of("session", "abc")) > 0
    assert browser.get("/read?name=mine").json()["found"]


def write_by_socket(session: str, name: str) -> None:
    """Have a socket's handler write a row."""

    async def write(scope: Any, receive: Any, send: Any) -> None:
        await database_sync_to_async(Group.objects.create)(name=name)

    header = [(b"cookie", f"sessionid={session}".encode())]
    async_to_sync(PinnedSockets(write))({"type": "websocket", "headers": header}, None, None)
