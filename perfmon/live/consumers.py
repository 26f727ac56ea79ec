"""The websocket's door: who comes in, what they ask. What they get is written by the hub, past Channels."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from perfmon import guard
from perfmon.exceptions import ProtocolError
from perfmon.live import protocol
from perfmon.live.access import OK, Credential, credential_of, origin_allowed, standing, standing_of
from perfmon.live.hub import Hub, get_hub
from perfmon.live.pace import Pace
from perfmon.live.subscriber import Subscriber
from perfmon.live.threads import in_thread
from perfmon.recorders.loads import load_key, record_load, timing_text
from perfmon.recorders.requests import RequestRecorder
from perfmon.recorders.sockets import socket_closed, socket_opened
from perfmon.tokens import bearer

MESSAGES_PER_S, MESSAGES_BURST = 5, 30


class LiveConsumer(AsyncWebsocketConsumer):
    """One client of the live protocol; ``hub`` is told apart for tests and other projects' own topics."""

    channel_layer_alias = ""  # frames come through the hub: a layer would cost a subscription a socket

    def __init__(self, hub: Callable[[], Hub] = get_hub) -> None:
        super().__init__()
        self._get_hub = hub
        self._pace = Pace(MESSAGES_PER_S, MESSAGES_BURST)
        self._hub: Hub | None = None
        self._subscriber: Subscriber | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve the socket; however that ends, the hub forgets it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._leave()

    async def connect(self) -> None:
        """Refuse foreign pages before the handshake is done; tell the others by close code why they may not look."""
        began_ns = time.perf_counter_ns()
        headers = dict(self.scope["headers"])
        raw_token = bearer(headers.get(b"authorization", b"").decode("latin-1"))
        if not raw_token and not origin_allowed(headers):
            _told_load(self.scope, 403, began_ns)
            await self.close(protocol.CLOSE_NOT_ALLOWED)
            return
        offered = self.scope.get("subprotocols", ())
        chosen = protocol.SUBPROTOCOL if protocol.SUBPROTOCOL in offered else None
        await self.accept(chosen, headers=_told_load(self.scope, 101, began_ns))
        credential = await self._credential(raw_token)
        if isinstance(credential, int):
            await self.close(credential)
        else:
            self._enter(credential)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what one message asks and send what is to be said about it."""
        if self._subscriber is None:
            return
        if not self._pace.allows(time.monotonic()):
            problem = ProtocolError("too_fast", f"At most {MESSAGES_PER_S} messages a second, please.")
            await self.send(protocol.error(problem).decode())
            await self.close(protocol.CLOSE_TOO_FAST)
            self._leave()
            return
        for reply in await self._replies(text_data if text_data is not None else bytes_data):
            await self.send(reply.decode())

    def _enter(self, credential: Credential) -> None:
        self._hub, self._subscriber = self._get_hub(), Subscriber(_server_send(self.base_send), credential)
        self._hub.join(self._subscriber)
        socket_opened()

    def _leave(self) -> None:
        if self._hub is not None and self._subscriber is not None:
            self._hub.leave(self._subscriber)
            self._subscriber = None
            socket_closed()

    async def _credential(self, raw_token: str) -> Credential | int:
        """Return what the client came with if it may look, else the code to close with."""
        if raw_token:
            credential = Credential("token", raw_token)
            return await in_thread(standing)(credential) or credential
        code = await in_thread(standing_of)(self.scope.get("user"))
        return credential_of(self.scope) if code == OK else code

    async def _replies(self, raw: str | bytes | None) -> list[bytes]:
        try:
            return await self._handle(protocol.decode(raw))
        except ProtocolError as problem:
            return [protocol.error(problem)]

    async def _handle(self, request: protocol.Request) -> list[bytes]:
        assert self._hub is not None
        assert self._subscriber is not None
        match request:
            case protocol.Subscribe(topics):
                done = (self._hub.subscribe(self._subscriber, topic) for topic in topics)
                return [_told(outcome) for outcome in await asyncio.gather(*done, return_exceptions=True) if outcome]
            case protocol.Unsubscribe(topics):
                self._hub.unsubscribe(self._subscriber, topics)
            case protocol.Resync(topic):
                await self._hub.resync(self._subscriber, topic)
            case protocol.Ping():
                return [protocol.PONG]
        return []


def _told_load(scope: dict[str, Any], status: int, began_ns: int) -> list[tuple[bytes, bytes]]:
    """Count a load test's handshake and return what its answer tells of it, in headers; nothing for others."""
    run = load_key(scope["headers"]) if RequestRecorder.installed else ""
    if not run:
        return []
    duration_ns = time.perf_counter_ns() - began_ns
    record_load(run, status, duration_ns)
    return [(b"server-timing", timing_text(duration_ns).encode())]


def _server_send(send: Any) -> Any:
    """Return the server's own ``send``: Channels' wrapper looks into the session each time, at a third of the cost."""
    return getattr(getattr(send, "__self__", None), "real_send", send)


def _told(outcome: BaseException) -> bytes:
    if not isinstance(outcome, ProtocolError):
        guard.count_failure("live consumer", outcome)
        outcome = ProtocolError("unavailable", "That failed here; it was noted.")
    return protocol.error(outcome)
