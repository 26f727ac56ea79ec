"""Where views wait until they are written: in Valkey when the cache is one, else in this process.

A counter takes a view in one step, whatever else: throttle, "has this reader been counted", add. ``taken`` hands out
what waits and forgets it only when the block that writes it ends without an error.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from django.core.cache import cache
from django_redis import get_redis_connection

from articles.popularity.readers import ONCE_PER_S

MOST_ARTICLES = 10_000
MOST_PER_READER = 60  # views of one reader in a minute
_MINUTE_S = 60


class View(NamedTuple):
    """One view: of which article, and two digests of the reader, one alone and one with the article."""

    article_id: int
    reader: str
    reader_of_article: str


class Batch(NamedTuple):
    """Views by article that waited together, under a name that stays when the batch is handed out again."""

    name: str
    views: dict[int, int]


class Counter(Protocol):
    """Where views wait."""

    def add(self, view: View) -> bool:
        """Count a view unless its reader was counted or is too fast; whether it was."""

    @contextmanager
    def taken(self) -> Iterator[Batch]:
        """Hand out what waits; what is handed out and not written is handed out again, under the same name."""


# One step on the server, so that no reader is marked as counted without being counted. The last key is the hash.
_ADD = """
local calls = redis.call('INCR', KEYS[1])
if calls == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
if calls > tonumber(ARGV[2]) then return 0 end
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
if redis.call('HLEN', KEYS[3]) >= tonumber(ARGV[5]) and redis.call('HEXISTS', KEYS[3], ARGV[4]) == 0 then return -1 end
redis.call('SET', KEYS[2], 1, 'EX', ARGV[3])
redis.call('HINCRBY', KEYS[3], ARGV[4], 1)
return 1
"""
# A batch that an earlier, broken off call has taken comes first, and comes under the name it got then.
_TAKE = """
if redis.call('EXISTS', KEYS[2]) == 0 then
  if redis.call('EXISTS', KEYS[1]) == 0 then return {} end
  redis.call('RENAME', KEYS[1], KEYS[2])
end
redis.call('HSETNX', KEYS[2], 'name', ARGV[1])
return redis.call('HGETALL', KEYS[2])
"""
# Only the batch that was written: another process may have done so before, and taken the next.
_FORGET = "if redis.call('HGET', KEYS[1], 'name') == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


class ValkeyCounter:
    """Views in a hash on the cache's Valkey, shared by all processes."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        # One hash tag, so that a cluster keeps them on one node.
        self._waiting, self._taken = _key("{views}:waiting"), _key("{views}:taken")
        self._add, self._take, self._forget = map(connection.register_script, (_ADD, _TAKE, _FORGET))

    def add(self, view: View) -> bool:
        """Count a view in one round trip."""
        keys = [_key(f"{{views}}:calls:{view.reader}"), _key(f"{{views}}:seen:{view.reader_of_article}"), self._waiting]
        limits = [_MINUTE_S, MOST_PER_READER, ONCE_PER_S, view.article_id, MOST_ARTICLES]
        return int(self._add(keys=keys, args=limits)) == 1

    @contextmanager
    def taken(self) -> Iterator[Batch]:
        """Hand out the hash, renamed in one step: views that come meanwhile begin a new one."""
        flat = self._take(keys=[self._waiting, self._taken], args=[uuid.uuid4().hex])
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        name = fields.pop(b"name", b"").decode()
        yield Batch(name, {int(pk): int(views) for pk, views in fields.items()})
        if name:
            self._forget(keys=[self._taken], args=[name])


class MemoryCounter:
    """Views in this process; who was counted is in Django's cache, which is this process's too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[int, int] = {}
        self._taken: Batch | None = None

    def add(self, view: View) -> bool:
        """Count a view; past ``MOST_ARTICLES`` a further article's are not."""
        if _calls(view.reader) > MOST_PER_READER:
            return False
        with self._lock:
            if view.article_id not in self._waiting and len(self._waiting) >= MOST_ARTICLES:
                return False
            if not cache.add(f"views:seen:{view.reader_of_article}", 1, ONCE_PER_S):
                return False
            self._waiting[view.article_id] = self._waiting.get(view.article_id, 0) + 1
        return True

    @contextmanager
    def taken(self) -> Iterator[Batch]:
        """Hand out what waits; until it is written, the same batch is handed out again, as parts of it may be."""
        with self._lock:
            if self._taken is None and self._waiting:
                self._taken, self._waiting = Batch(uuid.uuid4().hex, self._waiting), {}
            batch = self._taken
        yield batch or Batch("", {})
        with self._lock:
            if self._taken is batch:
                self._taken = None


_memory = MemoryCounter()


def get_counter() -> Counter:
    """Return where this process counts: on the default cache's Valkey when it is one."""
    try:
        return ValkeyCounter(get_redis_connection("default"))
    except NotImplementedError:
        return _memory


def _calls(reader: str) -> int:
    key = f"views:calls:{reader}"
    cache.add(key, 0, _MINUTE_S)
    try:
        return cache.incr(key)
    except ValueError:  # it ran out between the two
        return 1


def _key(name: str) -> str:
    return str(cache.make_key(name))
