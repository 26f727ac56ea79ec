"""One answer for all who ask at about the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Coalesced(Generic[Key, Value]):
    """Makes a value at most once at a time for each key and keeps it for ``keep_s``; failures are not kept.

    For one event loop. A caller that is cancelled does not cancel the making, which others may be waiting for.
    """

    def __init__(self, make: Callable[[Key], Awaitable[Value]], keep_s: float) -> None:
        self._make = make
        self._keep_s = keep_s
        self._making: dict[Key, asyncio.Future[Value]] = {}

    async def get(self, key: Key) -> Value:
        """Return the value, made now or at most ``keep_s`` ago; raises what making it raises."""
        future = self._making.get(key)
        if future is None:
            future = self._making[key] = asyncio.ensure_future(self._make(key))
            future.add_done_callback(lambda done: self._made(key, done))
        return await asyncio.shield(future)

    def _made(self, key: Key, future: asyncio.Future[Value]) -> None:
        failed = future.cancelled() or future.exception() is not None
        if failed or not self._keep_s:
            self._forget(key)
        else:
            asyncio.get_running_loop().call_later(self._keep_s, self._forget, key)

    def _forget(self, key: Key) -> None:
        self._making.pop(key, None)
