"""The websocket of the dashboard and of programs that watch it."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from perfmon import guard
from perfmon.exceptions import TopicError
from perfmon.live.access import Caller, caller_of, origin_allowed, refusal
from perfmon.live.hub import Hub, get_hub
from perfmon.live.protocol import MAX_TOPICS, PONG, ClientMessage, CloseCode, ProtocolError, decode, error_message
from perfmon.live.subscriber import Subscriber
from perfmon.panels.topics import parse
from perfmon.recorders.sockets import socket_closed, socket_opened

RECHECK_S = 30.0
MESSAGES_PER_S, MESSAGES_BURST = 5.0, 40.0


class DashboardConsumer(AsyncWebsocketConsumer):
    """One connection: checked when it opens and every ``RECHECK_S`` after that."""

    channel_layer_alias = "perfmon has no use for one: a receive per socket is what the hub saves"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.caller = Caller()
        self.hub: Hub | None = None
        self.subscriber: Subscriber | None = None
        self.topics: set[str] = set()
        self._recheck: asyncio.Task[None] | None = None
        self._allowance, self._counted_at = MESSAGES_BURST, time.monotonic()

    async def connect(self) -> None:
        """Refuse foreign pages outright; accept others and tell those who may not watch why."""
        if not origin_allowed(self.scope):
            await self.close()  # before accept: the handshake is answered 403
            return
        self.caller = caller_of(self.scope)
        await self.accept()
        code = await refusal(self.caller)
        if code is not None:
            await self.close(code)
            return
        self.hub, self.subscriber = get_hub(), Subscriber(self.base_send)
        self._recheck = asyncio.create_task(self._keep_checking())
        socket_opened()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Follow one message, or answer with an error frame that says what was wrong with it."""
        if self.subscriber is None:
            return
        if not self._within_allowance():
            await self.close(CloseCode.TOO_MANY_MESSAGES)
            return
        try:
            if text_data is None:
                raise ProtocolError("bad_json", "A message is text holding one JSON object.")
            await self._follow(decode(text_data))
        except ProtocolError as error:
            await self.send(error_message(error.code, str(error)))

    async def _follow(self, message: ClientMessage) -> None:
        if message.type == "ping":
            await self.send(PONG)
        for topic in message.topics:
            try:
                await self._follow_topic(message.type, topic)
            except TopicError as error:
                await self.send(error_message("unknown_topic", str(error), topic[:80]))
            except ProtocolError:
                raise
            except Exception as error:
                guard.count_failure("snapshot", error)
                await self.send(error_message("unavailable", "This page can't be built now.", topic))

    async def _follow_topic(self, kind: str, topic: str) -> None:
        assert self.hub is not None
        assert self.subscriber is not None
        parse(topic)
        if kind == "unsubscribe":
            self.topics.discard(topic)
            self.hub.leave(self.subscriber, topic)
        elif kind == "resync":
            await self.hub.snapshot(self.subscriber, topic)
        elif topic not in self.topics:
            if len(self.topics) >= MAX_TOPICS:
                raise ProtocolError("too_many_topics", f"A connection watches at most {MAX_TOPICS} topics.")
            self.topics.add(topic)
            await self.hub.join(self.subscriber, topic)

    def _within_allowance(self) -> bool:
        now = time.monotonic()
        self._allowance = min(MESSAGES_BURST, self._allowance + (now - self._counted_at) * MESSAGES_PER_S) - 1
        self._counted_at = now
        return self._allowance >= 0

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(RECHECK_S)
            try:
                code = await refusal(self.caller)
            except Exception as error:  # the database is away: nobody is logged out for that
                guard.count_failure("recheck", error)
                continue
            if code is not None:
                await self.close(code)
                return

    async def disconnect(self, code: int) -> None:
        """Leave every topic."""
        if self.subscriber is None or self.hub is None:
            return
        self.subscriber.close()
        for topic in self.topics:
            self.hub.leave(self.subscriber, topic)
        if self._recheck is not None:
            self._recheck.cancel()
        socket_closed()
