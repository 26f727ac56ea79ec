"""Where entries lie: on Valkey, shared by all processes, or in this one's memory when there is none."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import redis
from django.core.cache import caches

from omniwriter.cache.keys import ALIAS

MEMORY_ENTRIES = 2_000

_ADD = """
local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
"""
# Only who holds a lock may give it up: it may have run out and be another's by now.
_UNLOCK = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class StoreAwayError(Exception):
    """The store does not answer; its cause is the client's error."""


class Store(Protocol):
    """What the cache needs of a store. Every method may raise StoreAwayError."""

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return what lies under each key, in one step."""

    def write(self, key: str, packed: bytes, ttl_ms: int) -> None:
        """Lay down a value for ``ttl_ms``."""

    def put(self, values: Mapping[str, bytes]) -> None:
        """Lay down values for good, all in one step."""

    def add(self, key: str, value: bytes) -> bytes:
        """Lay down a value for good unless there is one; return the one that is there then."""

    def lock(self, key: str, owner: bytes, ttl_ms: int) -> bool:
        """Take a lock for ``ttl_ms``; whether it was free."""

    def unlock(self, key: str, owner: bytes) -> None:
        """Give up a lock that is still the owner's."""


class ValkeyStore:
    """Entries on Valkey, through the connections of Django's cache."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return what lies under each key, in one round trip."""
        found: list[bytes | None] = self._call("MGET", *keys)
        return found

    def write(self, key: str, packed: bytes, ttl_ms: int) -> None:
        """Lay down a value for ``ttl_ms``."""
        self._call("SET", key, packed, "PX", ttl_ms)

    def put(self, values: Mapping[str, bytes]) -> None:
        """Lay down values for good."""
        self._call("MSET", *(part for pair in values.items() for part in pair))

    def add(self, key: str, value: bytes) -> bytes:
        """Lay down a value unless there is one; return the one that is there then."""
        held: bytes = self._call("EVAL", _ADD, 1, key, value)
        return held

    def lock(self, key: str, owner: bytes, ttl_ms: int) -> bool:
        """Take a lock for ``ttl_ms``."""
        return bool(self._call("SET", key, owner, "NX", "PX", ttl_ms))

    def unlock(self, key: str, owner: bytes) -> None:
        """Give up a lock that is still the owner's."""
        self._call("EVAL", _UNLOCK, 1, key, owner)

    def publish(self, channel: str, message: bytes) -> int:
        """Tell who listens; return how many they are."""
        return int(self._call("PUBLISH", channel, message))

    def take(self, key: str, timeout_s: float) -> bytes | None:
        """Wait for an item of a list and take it; None when none came."""
        found: tuple[bytes, bytes] | None = self._call("BLPOP", key, timeout_s)
        return found[1] if found else None

    def _call(self, *command: Any) -> Any:
        try:
            return self._connection.execute_command(*command)
        except (redis.RedisError, OSError) as error:
            raise StoreAwayError from error


class _Kept(NamedTuple):
    value: bytes
    until: float  # on the monotonic clock


class MemoryStore:
    """Entries in this process, the least recently used leaving first."""

    def __init__(self, limit: int = MEMORY_ENTRIES) -> None:
        self._limit = limit
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def read(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return what lies under each key."""
        with self._lock:
            return [self._get(key) for key in keys]

    def write(self, key: str, packed: bytes, ttl_ms: int) -> None:
        """Lay down a value for ``ttl_ms``."""
        with self._lock:
            self._set(key, packed, time.monotonic() + ttl_ms / 1000)

    def put(self, values: Mapping[str, bytes]) -> None:
        """Lay down values for good."""
        with self._lock:
            for key, value in values.items():
                self._set(key, value, float("inf"))

    def add(self, key: str, value: bytes) -> bytes:
        """Lay down a value unless there is one; return the one that is there then."""
        with self._lock:
            held = self._get(key)
            if held is None:
                self._set(key, value, float("inf"))
            return value if held is None else held

    def lock(self, key: str, owner: bytes, ttl_ms: int) -> bool:
        """Take a lock for ``ttl_ms``."""
        with self._lock:
            if self._get(key) is not None:
                return False
            self._set(key, owner, time.monotonic() + ttl_ms / 1000)
            return True

    def unlock(self, key: str, owner: bytes) -> None:
        """Give up a lock that is still the owner's."""
        with self._lock:
            if self._get(key) == owner:
                del self._kept[key]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()

    def _get(self, key: str) -> bytes | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.until <= time.monotonic():
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept.value

    def _set(self, key: str, value: bytes, until: float) -> None:
        self._kept[key] = _Kept(value, until)
        self._kept.move_to_end(key)
        while len(self._kept) > self._limit:
            self._kept.popitem(last=False)


memory = MemoryStore()


def get_store() -> Store:
    """Return the store of this process: Valkey when Django's cache is on it."""
    client = getattr(caches[ALIAS], "client", None)
    if client is None:
        return memory
    return ValkeyStore(client.get_client(write=True))
