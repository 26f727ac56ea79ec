"""Tapes as Valkey streams, in database 0 beside what else is live."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from typing import Any

import redis
from django.conf import settings
from redis.asyncio import Redis as AsyncRedis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from articles.generation.tape import MAX_ENTRIES, SILENCE_S, START, Entry, TapeAwayError

CONNECT_S, ANSWER_S = 0.15, 0.25
SKIPPED_S = 1.0  # after a failure nothing is tried for so long: a writer must not wait again and again
MAX_CONNECTIONS = 32
READ_AT_ONCE = 500
_FIELD = b"e"


class ValkeyTape:
    """One client for all threads; a process that forks gets connections of its own."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._skipped_until_s = 0.0
        self._client = redis.Redis.from_url(
            url, socket_connect_timeout=CONNECT_S, socket_timeout=ANSWER_S, max_connections=MAX_CONNECTIONS,
            retry=Retry(NoBackoff(), 0), driver_info=None,
        )  # fmt: skip

    def add(self, job_id: int, bodies: Sequence[bytes], *, begins: bool, keep_s: int | None) -> bool:
        """Append in one round trip."""
        key = _key(job_id)
        with self._client.pipeline(transaction=len(bodies) > 1) as steps:
            for body in bodies:
                steps.xadd(key, {_FIELD: body}, maxlen=MAX_ENTRIES, approximate=True, nomkstream=not begins)
            if keep_s is not None:
                steps.expire(key, keep_s)
            return self._reached(steps.execute)[0] is not None

    def is_away(self) -> bool:
        """Whether a call failed less than a second ago."""
        return time.monotonic() < self._skipped_until_s

    def since(self, job_id: int, after: str) -> list[Entry]:
        """Read it in pieces, so that a long one holds nobody up."""
        found: list[Entry] = []
        while True:
            last = found[-1].seq if found else after or START
            piece = self._reached(self._client.xrange, _key(job_id), f"({last}", "+", READ_AT_ONCE)
            found += map(_entry, piece)
            if len(piece) < READ_AT_ONCE:
                return found

    async def listen(self, job_id: int, after: str) -> AsyncGenerator[Entry | None]:
        """Wait on a connection of its own."""
        last, key = after or START, _key(job_id)
        client: AsyncRedis = AsyncRedis.from_url(
            self._url, socket_connect_timeout=CONNECT_S, socket_timeout=2 * SILENCE_S, retry=AsyncRetry(NoBackoff(), 0),
            driver_info=None,
        )  # fmt: skip
        try:
            while True:
                pieces = await _awaited(client.xread({key: last}, READ_AT_ONCE, int(SILENCE_S * 1000)))
                if not pieces:
                    yield None
                for entry in map(_entry, pieces[0][1] if pieces else ()):
                    last = entry.seq
                    yield entry
        finally:
            with suppress(redis.RedisError, OSError):
                await asyncio.shield(client.aclose())  # also when it is cancelled again meanwhile

    def _reached(self, call: Any, *args: Any) -> Any:
        """Return what ``call`` does, unless Valkey was away a moment ago."""
        if self.is_away():
            raise TapeAwayError("Valkey was away a moment ago.")
        if self._skipped_until_s:  # of many threads one finds out whether it is back
            self._skipped_until_s = time.monotonic() + SKIPPED_S
        try:
            result = call(*args)
        except (redis.RedisError, OSError) as error:
            self._skipped_until_s = time.monotonic() + SKIPPED_S
            raise TapeAwayError(f"Valkey can't be reached: {error}") from error
        self._skipped_until_s = 0.0
        return result


async def _awaited(answer: Any) -> Any:
    try:
        found = await answer
    except (redis.RedisError, OSError) as error:
        raise TapeAwayError(f"Valkey can't be reached: {error}") from error
    task = asyncio.current_task()
    if task is not None and task.cancelling():  # Python 3.11 may lose a cancellation that comes with an answer
        raise asyncio.CancelledError
    return found


def _key(job_id: int) -> str:
    prefix = settings.CACHES["default"].get("KEY_PREFIX", "")
    return f"{prefix}:generation:{job_id}" if prefix else f"generation:{job_id}"


def _entry(raw: Any) -> Entry:
    seq, fields = raw
    return Entry(seq.decode(), fields[_FIELD])
