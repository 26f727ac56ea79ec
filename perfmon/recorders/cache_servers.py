"""The servers behind the caches: memory, evictions, expired keys, hits and clients, as they tell about themselves.

For every alias whose client answers ``INFO``: django-redis and Django's own Redis backend, on Redis or Valkey. One
process per host asks, in a thread of its own, so that a server that does not answer holds up nothing but its reading;
how long that may take is the alias's own timeout. Figures are those of the whole server, whatever else uses it.

Gauges are integers: bytes, clients, and thousandths of an event a second between two readings.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

import redis
from django.core.cache import caches

from perfmon import guard
from perfmon.conf import get_config
from perfmon.context import muted
from perfmon.recorders.host import HostLock
from perfmon.series import SeriesKey, Window

GAUGES = {"used": "used_memory", "limit": "maxmemory", "clients": "connected_clients"}
COUNTERS = {"evicted": "evicted_keys", "expired": "expired_keys", "hits": "keyspace_hits", "misses": "keyspace_misses"}
MAX_FOUND = 500  # readings, should a flush take them late


class Look(NamedTuple):
    """One answer of a server: when (monotonic seconds), which run of it, and what it has counted since it started."""

    at_s: float
    run: str
    counted: dict[str, int]


class CacheServerRecorder:
    """Asks every ``PERFMON["HOST_INTERVAL_S"]`` seconds, when the flush comes by; the next flush takes the answers."""

    def __init__(self) -> None:
        self._lock = HostLock("caches")
        self._due_s = 0.0
        self._before: dict[str, Look] = {}
        self._mute: set[str] = set()  # aliases without a server that tells
        self._found: deque[tuple[SeriesKey, Window]] = deque(maxlen=MAX_FOUND)
        self._asking: threading.Thread | None = None

    def install(self) -> None:
        """Nothing to hook: the flush comes by."""

    def uninstall(self) -> None:
        """Leave the asking to another process."""
        self._lock.release()

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return what was answered since the last call, and ask again when that is due."""
        found = [self._found.popleft() for _ in range(len(self._found))]
        now_s = time.monotonic()
        if now_s >= self._due_s and not (self._asking is not None and self._asking.is_alive()):
            self._due_s = now_s + get_config().host_interval_s - 0.5  # flushes are a second apart
            if set(caches) - self._mute and self._lock.held():
                self._asking = threading.Thread(target=self._ask, name="perfmon-caches", daemon=True)
                self._asking.start()
        return found

    def _ask(self) -> None:
        with muted():
            for alias in set(caches) - self._mute:
                try:
                    info = info_of(alias)
                except redis.ResponseError:  # it may not be asked, or does not know the question
                    info = None
                except Exception as error:
                    guard.count_failure(f"cache server {alias}", error)
                    continue
                if info is None:
                    self._mute.add(alias)
                else:
                    self._found.extend(self._readings(alias, info))

    def _readings(self, alias: str, info: dict[str, Any]) -> list[tuple[SeriesKey, Window]]:
        values = {name: int(info[field]) for name, field in GAUGES.items() if field in info}
        counted = {name: int(info[field]) for name, field in COUNTERS.items() if field in info}
        now, before = Look(time.monotonic(), str(info.get("run_id", "")), counted), self._before.get(alias)
        self._before[alias] = now
        if before is not None and before.run == now.run and now.at_s > before.at_s:
            values |= _rates(before, now)
        return [
            (SeriesKey("cache_server", f"{alias}/{name}"), Window(1, 0, value, value)) for name, value in values.items()
        ]


def info_of(alias: str) -> dict[str, Any] | None:
    """Return what the alias's server answers to INFO; None when no server stands behind it. Raises redis.RedisError."""
    backend: Any = caches[alias]
    # django-redis calls it client, Django's own backend _cache; other backends have neither, or one without clients
    client: Any = getattr(backend, "client", None) or getattr(backend, "_cache", None)
    if not hasattr(client, "get_client"):
        return None
    server = client.get_client(write=True)
    return dict(server.info()) if hasattr(server, "info") else None


def _rates(before: Look, now: Look) -> dict[str, int]:
    """Return events a second in thousandths; a counter that was set back to zero (CONFIG RESETSTAT) gives none."""
    seconds = now.at_s - before.at_s
    moved = {name: now.counted[name] - before.counted.get(name, 0) for name in now.counted}
    return {name: round(1000 * by / seconds) for name, by in moved.items() if by >= 0}
