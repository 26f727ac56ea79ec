"""Who else has an article open, and when somebody saves it: a websocket for each open editor.

Each socket tells the article's group that it is there, again and again, and remembers whom it heard of lately. So
there is no list to keep in a database, and whoever vanishes without a word is forgotten by all within a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
import uuid
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.exceptions import ChannelFull
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest

from articles.access import may_edit
from articles.models import Article
from articles.studio.origins import is_own_page

logger = logging.getLogger(__name__)

CLOSE_LOG_IN, CLOSE_NOT_ALLOWED, CLOSE_SILENT = 4401, 4403, 4408
SILENCE_S = 50.0  # the page says that it is there every 20 s
RECHECK_S = 60.0
LEAST_BEAT_S = 1.0
MAX_PEOPLE = 50
_MAX_MESSAGE_CHARS = 200
_SEND_TIMEOUT_S = 2.0

#: The loop that serves this process's sockets, so that a request's thread can tell them something.
_loop: asyncio.AbstractEventLoop | None = None


@dataclass(slots=True)
class Peer:
    """Another socket on the same article."""

    account_id: int
    name: str
    heard_s: float


class PresenceConsumer(AsyncWebsocketConsumer):
    """One open editor. The client sends ``beat``; it gets ``people`` whenever they change, and ``saved``."""

    def __init__(
        self, silence_s: float = SILENCE_S, recheck_s: float = RECHECK_S, least_beat_s: float = LEAST_BEAT_S
    ) -> None:
        super().__init__()
        self._silence_s, self._recheck_s, self._least_beat_s = silence_s, recheck_s, least_beat_s
        self._peers: dict[str, Peer] = {}
        self._told: list[dict[str, Any]] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._is_in = False
        self._id = uuid.uuid4().hex

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket of one of this site's pages; however it ends, its watch ends too."""
        if not is_own_page(dict(scope["headers"])):
            await receive()
            await send({"type": "websocket.close", "code": CLOSE_NOT_ALLOWED})
            return
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._watch is not None:
                self._watch.cancel()

    # From the client

    async def connect(self) -> None:
        """Let in who may edit the article; tell others by close code why they may not look."""
        global _loop
        await self.accept()
        self._article_id: int = self.scope["url_route"]["kwargs"]["article_id"]
        account = self.scope.get("user")
        code = await database_sync_to_async(standing)(account, self._article_id)
        if code:
            await self.close(code)
            return
        assert account is not None
        self._account_id, self._name = account.pk, account.get_full_name() or account.get_username()
        _loop = asyncio.get_running_loop()
        self._is_in = True
        self._beat_s = self._checked_s = time.monotonic()
        self._group = group_of(self._article_id)
        await self.channel_layer.group_add(self._group, self.channel_name)
        await self._tell_people()
        await self._say_here(ask=True)
        self._watch = asyncio.create_task(self._keep_watch())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Take the client's sign of life; anything else it says is left alone."""
        if not self._is_in or text_data is None or len(text_data) > _MAX_MESSAGE_CHARS:
            return
        now = time.monotonic()
        if not _is_beat(text_data) or now - self._beat_s < self._least_beat_s:
            return
        self._beat_s = now
        if now - self._checked_s >= self._recheck_s and not await self._may_stay():
            return
        await self._say_here()

    async def disconnect(self, code: int) -> None:
        """Tell the others at once."""
        if self._is_in:
            self._is_in = False
            with contextlib.suppress(Exception):  # they forget this one by themselves
                await self.channel_layer.group_send(self._group, {"type": "presence.left", "peer": self._id})
                await self.channel_layer.group_discard(self._group, self.channel_name)

    # From the others

    async def presence_here(self, event: dict[str, Any]) -> None:
        """Remember another socket; answer one that has just come."""
        if event["peer"] == self._id or not self._is_in:
            return
        if event["peer"] in self._peers or len(self._peers) < MAX_PEOPLE:
            self._peers[event["peer"]] = Peer(event["account_id"], event["name"], time.monotonic())
        await self._tell_people()
        if event.get("ask"):
            with contextlib.suppress(ChannelFull):
                await self.channel_layer.send(event["ask"], self._here())

    async def presence_left(self, event: dict[str, Any]) -> None:
        """Forget a socket."""
        if self._peers.pop(event["peer"], None):
            await self._tell_people()

    async def presence_saved(self, event: dict[str, Any]) -> None:
        """Pass on that the article was saved."""
        if self._is_in:
            is_self = event["account_id"] == self._account_id
            await self._send({"type": "saved", "version": event["version"], "name": event["name"], "self": is_self})

    # Own doing

    async def _say_here(self, *, ask: bool = False) -> None:
        event = self._here() | ({"ask": self.channel_name} if ask else {})
        await self.channel_layer.group_send(self._group, event)

    def _here(self) -> dict[str, Any]:
        return {"type": "presence.here", "peer": self._id, "account_id": self._account_id, "name": self._name}

    async def _tell_people(self) -> None:
        """Send who is there, one line an account, when it is not what was sent last."""
        names = {peer.account_id: peer.name for peer in self._peers.values()}
        people = [{"name": name, "self": pk == self._account_id} for pk, name in sorted(names.items())]
        if people != self._told:
            self._told = people
            await self._send({"type": "people", "people": people})

    async def _send(self, message: dict[str, Any]) -> None:
        await self.send(json.dumps(message))

    async def _keep_watch(self) -> None:
        """Forget those who fell silent, and let go of a client that did."""
        while True:
            await asyncio.sleep(self._silence_s / 4)
            oldest_s = time.monotonic() - self._silence_s
            for peer_id in [key for key, peer in self._peers.items() if peer.heard_s < oldest_s]:
                del self._peers[peer_id]
            await self._tell_people()
            if self._beat_s < oldest_s:
                await self.disconnect(CLOSE_SILENT)
                await self.close(CLOSE_SILENT)
                return

    async def _may_stay(self) -> bool:
        """Look again whether the account may edit: it may have logged out, or lost the right."""
        self._checked_s = time.monotonic()
        key = getattr(self.scope.get("session"), "session_key", None)
        code = await database_sync_to_async(standing_of_session)(key, self._article_id)
        if code:
            await self.disconnect(code)
            await self.close(code)
        return not code


def standing(account: Any, article_id: int) -> int:
    """Return 0 for an account that may edit the article, or the code to close with."""
    if account is None or not account.is_authenticated or not account.is_active:
        return CLOSE_LOG_IN
    article = Article.objects.only("pk", "author_id").filter(pk=article_id).first()
    return 0 if article is not None and may_edit(account, article) else CLOSE_NOT_ALLOWED


def standing_of_session(key: str | None, article_id: int) -> int:
    """Return 0 for a session that still is one of somebody who may edit the article, or the code to close with."""
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return standing(get_user(request), article_id)


def group_of(article_id: int) -> str:
    """Return the name of the article's group."""
    return f"studio.article.{article_id}"


def announce_saved(*, article_id: int, version: int, account: AbstractBaseUser) -> None:
    """Tell every open editor of the article that it was saved; that they can't be told fails nothing."""
    name = account.get_full_name() or account.get_username()  # type: ignore[attr-defined]
    event = {"type": "presence.saved", "version": version, "account_id": account.pk, "name": name}
    layer = get_channel_layer()
    if _loop is not None and _loop.is_running():
        asyncio.run_coroutine_threadsafe(_tell(layer, group_of(article_id), event), _loop)
    elif not isinstance(layer, InMemoryChannelLayer):  # other processes may have sockets
        async_to_sync(_tell)(layer, group_of(article_id), event)


async def _tell(layer: Any, group: str, event: dict[str, Any]) -> None:
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await layer.group_send(group, event)
    except Exception as error:
        logger.warning("Open editors could not be told of a save: %s", error)


def _is_beat(text: str) -> bool:
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("type") == "beat"
