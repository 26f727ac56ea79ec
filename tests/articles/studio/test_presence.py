"""Who else has an article open: who is let in, what is told, and that nobody stays who is gone."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from channels.auth import AuthMiddlewareStack
from channels.layers import channel_layers
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connections
from django.test import Client
from django.urls import path

from articles.content import Content
from articles.models import Article
from articles.services.articles import article_create
from articles.studio import presence
from articles.studio.presence import MAX_PEOPLE, PresenceConsumer, announce_saved

HOST = "testserver"


class Socket(WebsocketCommunicator):
    """One open editor."""

    accepted: bool
    code: int | None

    async def hear(self) -> dict[str, Any]:
        """Return the next message."""
        return json.loads(await self.receive_from(timeout=5))

    async def people(self) -> list[str]:
        """Return the names of the next message, which tells who is there."""
        message = await self.hear()
        assert message["type"] == "people", message
        return [person["name"] for person in message["people"]]

    async def beat(self) -> None:
        """Say that the page is still there."""
        await self.send_to(text_data='{"type": "beat"}')

    async def closed_with(self) -> int:
        """Return the code the server closes with."""
        while True:
            event = await self.receive_output(timeout=5)
            if event["type"] == "websocket.close":
                return event["code"]


Opener = Callable[..., Awaitable[Socket]]


@pytest.fixture(params=["memory", "valkey"])
def layer(request: pytest.FixtureRequest, settings: Any) -> None:
    """Each kind of channel layer, empty."""
    config: dict[str, Any] = {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    if request.param == "valkey":
        url = request.getfixturevalue("valkey_url")
        config = {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [url]}}
    settings.CHANNEL_LAYERS = {"default": config}


@pytest_asyncio.fixture
async def opened(transactional_db: None, settings: Any) -> AsyncIterator[Opener]:
    """Open an editor's socket; all are closed at the end."""
    channel_layers.backends = {}
    sockets: list[Socket] = []

    async def open_socket(
        user: User | None, article_id: int, origin: str | None = f"http://{HOST}", **options: float
    ) -> Socket:
        routes = [path("ws/studio/articles/<int:article_id>/", PresenceConsumer.as_asgi(**options))]
        headers = {"host": HOST, "origin": origin}
        if user is not None:
            headers["cookie"] = f"{django_settings.SESSION_COOKIE_NAME}={await sync_to_async(session_of)(user)}"
        encoded = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
        address = f"/ws/studio/articles/{article_id}/"
        socket = Socket(AuthMiddlewareStack(URLRouter(routes)), address, headers=encoded)
        sockets.append(socket)
        socket.accepted, socket.code = await socket.connect(timeout=5)
        return socket

    yield open_socket
    for socket in sockets:
        await socket.disconnect()
    backend = channel_layers.backends.pop("default", None)
    if backend is not None:
        await backend.flush()
    presence._loop = None
    await sync_to_async(connections.close_all)()


def session_of(user: User) -> str:
    """Log the user in and return the session's key."""
    client = Client()
    client.force_login(user)
    assert client.session.session_key
    return client.session.session_key


@pytest_asyncio.fixture
async def ana(transactional_db: None) -> User:
    """One who may edit any article."""
    return await User.objects.acreate(username="ana", first_name="Ana", is_superuser=True)


@pytest_asyncio.fixture
async def rui(transactional_db: None) -> User:
    """Another who may."""
    return await User.objects.acreate(username="rui", is_superuser=True)


@pytest_asyncio.fixture
async def article(ana: User) -> Article:
    """The article."""
    return await sync_to_async(article_create)(content=Content(title="A clear day"), author=ana)


# Who comes in


async def test_a_visitor_is_told_to_log_in(opened: Opener, article: Article) -> None:
    socket = await opened(None, article.pk)
    assert socket.accepted
    assert await socket.closed_with() == 4401


async def test_who_may_not_edit_the_article_is_told_so(opened: Opener, article: Article) -> None:
    eve = await User.objects.acreate(username="eve")
    assert await (await opened(eve, article.pk)).closed_with() == 4403


async def test_an_article_that_is_not_there_is_not_told_from_a_foreign_one(opened: Opener, ana: User) -> None:
    assert await (await opened(ana, 999_999)).closed_with() == 4403


@pytest.mark.parametrize("origin", ["https://evil.example", "http://testserver.evil.example", "null", "", None])
async def test_another_sites_page_is_refused_before_the_handshake(
    opened: Opener, article: Article, ana: User, origin: str | None
) -> None:
    socket = await opened(ana, article.pk, origin=origin)
    assert (socket.accepted, socket.code) == (False, 4403)


async def test_who_logs_out_is_let_go_at_the_next_check(opened: Opener, article: Article, ana: User) -> None:
    socket = await opened(ana, article.pk, recheck_s=0, least_beat_s=0)
    assert await socket.people() == []
    await Session.objects.all().adelete()
    await sync_to_async(caches["sessions"].clear)()
    await socket.beat()
    assert await socket.closed_with() == 4401


# What is told


async def test_two_editors_are_told_of_each_other_and_of_leaving(
    layer: None, opened: Opener, article: Article, ana: User, rui: User
) -> None:
    first = await opened(ana, article.pk)
    assert await first.people() == []
    second = await opened(rui, article.pk)
    assert await second.people() == []
    assert await first.people() == ["rui"]
    assert await second.people() == ["Ana"]
    await second.disconnect()
    assert await first.people() == []


async def test_a_save_is_told_to_every_open_editor(
    layer: None, opened: Opener, article: Article, ana: User, rui: User
) -> None:
    first, second = await opened(ana, article.pk), await opened(rui, article.pk)
    assert (await first.people(), await second.people()) == ([], [])  # both have come in
    await sync_to_async(announce_saved)(article_id=article.pk, version=12, account=ana)
    heard = [await told_saved(socket) for socket in (first, second)]
    assert heard == [{"version": 12, "name": "Ana", "self": True}, {"version": 12, "name": "Ana", "self": False}]


async def test_editors_of_other_articles_hear_nothing(opened: Opener, article: Article, ana: User, rui: User) -> None:
    other = await sync_to_async(article_create)(content=Content(title="Another"), author=ana)
    first = await opened(ana, article.pk)
    await opened(rui, other.pk)
    assert await first.people() == []
    assert await first.receive_nothing()


async def test_one_account_in_two_windows_is_told_so(opened: Opener, article: Article, ana: User) -> None:
    first = await opened(ana, article.pk)
    await opened(ana, article.pk)
    await first.people()
    assert (await first.hear())["people"] == [{"name": "Ana", "self": True}]


# Who vanishes


async def test_a_silent_client_is_let_go_and_forgotten(opened: Opener, article: Article, ana: User, rui: User) -> None:
    first = await opened(ana, article.pk)
    await first.people()
    silent = await opened(rui, article.pk, silence_s=0.05)
    assert await first.people() == ["rui"]
    assert await silent.closed_with() == 4408
    assert await first.people() == []


async def test_one_whose_server_died_is_forgotten(opened: Opener, article: Article, ana: User) -> None:
    socket = await opened(ana, article.pk, silence_s=0.5, least_beat_s=0)
    await socket.people()
    await channel_layers["default"].group_send(
        presence.group_of(article.pk),
        {"type": "presence.here", "peer": "of a killed process", "account_id": 0, "name": "Gone"},
    )
    assert await socket.people() == ["Gone"]
    while await socket.receive_nothing(timeout=0.1):
        await socket.beat()
    assert await socket.people() == []


async def test_a_crowd_is_remembered_up_to_a_limit(opened: Opener, article: Article, ana: User) -> None:
    socket = await opened(ana, article.pk)
    await socket.people()
    for number in range(MAX_PEOPLE + 5):
        await channel_layers["default"].group_send(
            presence.group_of(article.pk),
            {"type": "presence.here", "peer": str(number), "account_id": number + 1000, "name": f"N{number}"},
        )
        if number < MAX_PEOPLE:
            assert len(await socket.people()) == number + 1
    assert await socket.receive_nothing()


@pytest.mark.parametrize("text", ["nonsense", "[]", '{"type": "saved"}', "[" * 5000, '{"type": "beat"' + " " * 500])
async def test_nonsense_from_a_client_is_left_alone(opened: Opener, article: Article, ana: User, text: str) -> None:
    socket = await opened(ana, article.pk)
    await socket.people()
    await socket.send_to(text_data=text)
    await socket.send_to(bytes_data=b"\x00")
    assert await socket.receive_nothing()


async def test_a_save_while_the_layer_is_away_fails_nothing(
    article: Article, ana: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}
        }
    }  # fmt: skip
    channel_layers.backends = {}
    await sync_to_async(announce_saved)(article_id=article.pk, version=2, account=ana)
    assert "could not be told" in caplog.text
    channel_layers.backends = {}


async def told_saved(socket: Socket) -> dict[str, Any]:
    """Return what the next message of a save says; those of people are skipped."""
    while (message := await socket.hear()).pop("type") != "saved":
        pass
    return message
