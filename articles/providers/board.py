"""What all workers know together of the endpoints: their health, and who is using them; in Valkey, else in memory.

Without Valkey, and while it is away, each process goes by what it sees itself.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Texts = Mapping[str, str]

_STATES = "{providers}:states"
_FORGOTTEN_S = 60  # a list that nobody has a place in
_AWAY_S = 2.0  # until it is tried again
_LOG_EVERY_S = 60.0

# Only if it is still what was read, so that of two workers' changes none is lost.
_SWAP = """
local held = redis.call('HGET', KEYS[1], ARGV[1])
if (held or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""
# A place in each of the lists or in none. A list's score is when its lease ends; ended ones are swept out first.
_TAKE = """
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', ARGV[2])
  if redis.call('ZCARD', key) >= tonumber(ARGV[4 + i]) then return i end
end
for _, key in ipairs(KEYS) do
  redis.call('ZADD', key, ARGV[3], ARGV[1])
  redis.call('EXPIRE', key, ARGV[4])
end
return 0
"""


class Board(Protocol):
    """What is shared. Times are seconds of the wall clock."""

    def read(self) -> Texts:
        """Return each endpoint's state, as text."""

    def swap(self, name: str, old: str, new: str) -> bool:
        """Replace a state if it is still ``old``, empty for none; whether it was."""

    def take(self, holder: str, until: float, now: float, places: Sequence[tuple[str, int]]) -> int:
        """Take a place in every list, each with so many; 0, or the number from 1 of the first that was full."""

    def renew(self, holder: str, until: float, lists: Sequence[str]) -> None:
        """Keep the places, also those that were forgotten meanwhile."""

    def leave(self, holder: str, lists: Sequence[str]) -> None:
        """Give the places back."""

    def counts(self, lists: Sequence[str], now: float) -> list[int]:
        """Return how many places of each list are taken."""


class MemoryBoard:
    """This process's own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._states: dict[str, str] = {}
        self._lists: dict[str, dict[str, float]] = {}

    def read(self) -> Texts:
        """Return each endpoint's state."""
        with self._lock:
            return dict(self._states)

    def swap(self, name: str, old: str, new: str) -> bool:
        """Replace a state if it is still ``old``."""
        with self._lock:
            if self._states.get(name, "") != old:
                return False
            self._states[name] = new
            return True

    def take(self, holder: str, until: float, now: float, places: Sequence[tuple[str, int]]) -> int:
        """Take a place in every list or in none."""
        with self._lock:
            for number, (name, most) in enumerate(places, 1):
                if len(self._held(name, now)) >= most:
                    return number
            for name, _ in places:
                self._lists[name][holder] = until
            return 0

    def renew(self, holder: str, until: float, lists: Sequence[str]) -> None:
        """Keep the places."""
        with self._lock:
            for name in lists:
                self._lists.setdefault(name, {})[holder] = until

    def leave(self, holder: str, lists: Sequence[str]) -> None:
        """Give the places back."""
        with self._lock:
            for name in lists:
                self._lists.get(name, {}).pop(holder, None)

    def counts(self, lists: Sequence[str], now: float) -> list[int]:
        """Return how many places of each list are taken."""
        with self._lock:
            return [len(self._held(name, now)) for name in lists]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._states.clear()
            self._lists.clear()

    def _held(self, name: str, now: float) -> dict[str, float]:
        held = {holder: until for holder, until in self._lists.get(name, {}).items() if until > now}
        self._lists[name] = held
        return held


class ValkeyBoard:
    """Everybody's: a hash of states, and a sorted set of leases for each list."""

    def __init__(self, url: str) -> None:
        self._valkey = redis.Redis.from_url(
            url, decode_responses=True, socket_timeout=1, socket_connect_timeout=0.5, retry=Retry(NoBackoff(), 0)
        )
        self._swap, self._take = self._valkey.register_script(_SWAP), self._valkey.register_script(_TAKE)

    def read(self) -> Texts:
        """Return each endpoint's state."""
        states: Any = self._valkey.hgetall(_STATES)
        return dict(states)

    def swap(self, name: str, old: str, new: str) -> bool:
        """Replace a state if it is still ``old``."""
        return bool(self._swap(keys=[_STATES], args=[name, old, new]))

    def take(self, holder: str, until: float, now: float, places: Sequence[tuple[str, int]]) -> int:
        """Take a place in every list or in none, in one step."""
        keys, most = [_key(name) for name, _ in places], [most for _, most in places]
        return int(self._take(keys=keys, args=[holder, now, until, _FORGOTTEN_S, *most]))

    def renew(self, holder: str, until: float, lists: Sequence[str]) -> None:
        """Keep the places, in one round trip."""
        with self._valkey.pipeline(transaction=False) as pipe:
            for name in lists:
                pipe.zadd(_key(name), {holder: until})
                pipe.expire(_key(name), _FORGOTTEN_S)
            pipe.execute()

    def leave(self, holder: str, lists: Sequence[str]) -> None:
        """Give the places back, in one round trip."""
        with self._valkey.pipeline(transaction=False) as pipe:
            for name in lists:
                pipe.zrem(_key(name), holder)
            pipe.execute()

    def counts(self, lists: Sequence[str], now: float) -> list[int]:
        """Return how many places of each list are taken, in one round trip."""
        with self._valkey.pipeline(transaction=False) as pipe:
            for name in lists:
                pipe.zcount(_key(name), f"({now}", "+inf")
            return [int(count) for count in pipe.execute()]


memory = MemoryBoard()

_lock = threading.Lock()
_shared: tuple[str, ValkeyBoard] | None = None
_away_until = _logged_at = float("-inf")


def on_board(work: Callable[[Board], Result]) -> Result:
    """Do something on the shared board; on this process's own when there is no other, or it does not answer."""
    url = settings.REDIS_URL
    if url and time.monotonic() >= _away_until:
        try:
            return work(_board_at(url))
        except (redis.RedisError, OSError) as error:
            _note_away(error)
    return work(memory)


def _board_at(url: str) -> ValkeyBoard:
    global _shared
    with _lock:
        if _shared is None or _shared[0] != url:
            _shared = url, ValkeyBoard(url)
        return _shared[1]


def _note_away(error: Exception) -> None:
    global _away_until, _logged_at
    now = time.monotonic()
    _away_until = now + _AWAY_S
    if now - _logged_at >= _LOG_EVERY_S:
        _logged_at = now
        logger.warning("Valkey is away: this process goes by what it sees of the providers itself. %s", error)


def _key(name: str) -> str:
    return f"{{providers}}:{name}"
