"""Frames over Valkey's pub/sub: one channel for all topics, so one subscription a process whatever its browsers watch.

Numbers are counted in Valkey, so a new leading collector goes on where the last one stopped. Who watches is a sorted
set of topics by when their watchers last spoke up, on Valkey's own clock.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from typing import Any

import redis
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from perfmon.conf import Config
from perfmon.exceptions import TransportError
from perfmon.live.bus import Frame
from perfmon.valkey import TIMEOUT_S, get_client, reaching_valkey

SILENCE_S = 5.0  # without a frame for so long the hub asks Valkey whether it is there
NUMBERS_KEPT_S = 3_600  # a topic nobody watched for an hour starts at 1 again

_PUBLISH = """
local seq = redis.call('incr', KEYS[1])
redis.call('expire', KEYS[1], ARGV[3])
redis.call('publish', KEYS[2], seq .. ' ' .. ARGV[1] .. '\\n' .. ARGV[2])
return seq
"""
_WATCH = """
local until_s = redis.call('time')[1] + ARGV[1]
for i = 2, #ARGV do redis.call('zadd', KEYS[1], until_s, ARGV[i]) end
return redis.call('expire', KEYS[1], 3600)
"""
_WATCHED = """
redis.call('zremrangebyscore', KEYS[1], '-inf', redis.call('time')[1])
return redis.call('zrange', KEYS[1], 0, -1)
"""


class ValkeyBus:
    """Both ends on one Valkey."""

    def __init__(self, config: Config) -> None:
        self._url = config.valkey_url
        self._numbers = f"{config.prefix}:seq:"
        self._channel = f"{config.prefix}:frames"
        self._watchers = f"{config.prefix}:watched"

    def publish(self, topic: str, body: bytes) -> int:
        """Number and send in one step, so that frames arrive in the order of their numbers."""
        with reaching_valkey():
            keys = (self._numbers + topic, self._channel)
            return int(get_client().eval(_PUBLISH, 2, *keys, topic, body, NUMBERS_KEPT_S))

    def watch(self, topics: Collection[str], ttl_s: float) -> None:
        """Note when the topics were last asked for."""
        if topics:
            with reaching_valkey():
                get_client().eval(_WATCH, 1, self._watchers, ttl_s, *topics)

    def watched(self) -> set[str]:
        """Forget what nobody asked for any more and return the rest."""
        with reaching_valkey():
            topics: Any = get_client().eval(_WATCHED, 1, self._watchers)
        return {topic.decode() for topic in topics}

    @asynccontextmanager
    async def listen(self) -> AsyncIterator[AsyncIterator[Frame]]:
        """Subscribe on the running loop."""
        client: AsyncRedis = AsyncRedis.from_url(
            self._url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        pubsub = client.pubsub(ignore_subscribe_messages=True)
        try:
            with reaching_valkey():
                await pubsub.subscribe(self._channel)
            _still_wanted()
            yield _frames(pubsub)
        finally:
            with suppress(redis.RedisError, OSError):
                await pubsub.aclose()  # type: ignore[no-untyped-call]
                await client.aclose()


def _still_wanted() -> None:
    """Python 3.11's ``wait_for``, which the client sends with, loses a cancellation that comes as its waiting ends."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _frames(pubsub: PubSub) -> AsyncIterator[Frame]:
    asked = False
    while True:
        with reaching_valkey():
            response = await pubsub.parse_response(block=False, timeout=SILENCE_S)
            if response is None:
                if asked:
                    raise TransportError(f"Valkey was silent for {2 * SILENCE_S:g} s.")
                await pubsub.ping()
                _still_wanted()
        asked = response is None
        if isinstance(response, list) and response[0] == b"message":
            yield _read(response[2])


def _read(packed: bytes) -> Frame:
    head, _, body = packed.partition(b"\n")
    seq, _, topic = head.partition(b" ")
    return Frame(topic.decode(), int(seq), body)
