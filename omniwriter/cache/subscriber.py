"""One thread of this process that hears of the other processes' changes, passes them on, and says that it did.

Messages can be lost only while there is no subscription, so whenever one begins everything counts as changed, and
``hears_all`` says whether what is kept now will be dropped when it changes.
"""

from __future__ import annotations

import os
import threading
from typing import Any

import orjson
import redis
from django.core.cache import caches

from omniwriter.cache.changes import hear
from omniwriter.cache.keys import ALIAS, channel
from omniwriter.cache.outage import logger

SILENCE_S = 0.5  # then the server is asked whether it is still there
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.1, 3.0
ACK_LIFE_MS = 5_000  # an acknowledgement that nobody waits for any more
CONNECTIONS = 2
EVERYTHING = ("all",)


class Subscriber:
    """The thread and its connections; ``start`` again after a fork."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin with no thread, as in a child that was forked: a parent's threads do not live on in it."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._subscribed = False

    @property
    def hears_all(self) -> bool:
        """Whether every change reaches this process: it listens to Valkey, or is alone."""
        return self._subscribed if self._thread is not None else _django_client() is None

    def start(self) -> None:
        """Start the thread unless it runs or there is no Valkey; costs next to nothing when it runs."""
        if self._thread is not None:
            return
        with self._lock:
            if self._thread is None and (pool := _own_pool()) is not None:
                work = (pool, self._stop)
                self._thread = threading.Thread(target=self._run, args=work, name="cache-changes", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it a moment."""
        with self._lock:
            thread, stop = self._thread, self._stop
            self._thread, self._stop = None, threading.Event()
        stop.set()
        if thread is not None:
            thread.join(2 * SILENCE_S)

    def _run(self, pool: redis.ConnectionPool, stop: threading.Event) -> None:
        pause_s, told = FIRST_PAUSE_S, False
        while not stop.is_set():
            try:
                self._listen(pool, stop)
            except (redis.RedisError, OSError) as error:
                if self._subscribed:
                    pause_s, told = FIRST_PAUSE_S, False
                self._end_subscription()
                if not told:
                    logger.warning("Changes made by other processes are not heard of. %s", error)
                    told = True
                stop.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
        self._end_subscription()
        pool.disconnect()

    def _end_subscription(self) -> None:
        self._subscribed = False
        hear(EVERYTHING)

    def _listen(self, pool: redis.ConnectionPool, stop: threading.Event) -> None:
        """Pass on what comes until the connection breaks; raises its error."""
        client = redis.Redis(connection_pool=pool)
        with client.pubsub() as pubsub:  # type: ignore[no-untyped-call]
            pubsub.subscribe(channel())
            silences = 0
            while not stop.is_set():
                message = pubsub.get_message(timeout=SILENCE_S)
                if message is not None:
                    silences = 0
                    self._take(client, message)
                    continue
                silences += 1
                if silences > 2:
                    raise redis.ConnectionError("Valkey has stopped answering.")
                pubsub.ping()

    def _take(self, client: redis.Redis, message: dict[str, Any]) -> None:
        if message["type"] == "subscribe":  # also when the client has connected again behind our back
            hear(EVERYTHING)
            self._subscribed = True
        elif message["type"] == "message":
            names, acks = _read(message["data"])
            hear(names)
            if acks:
                with client.pipeline(transaction=False) as steps:
                    steps.rpush(acks, 1)
                    steps.pexpire(acks, ACK_LIFE_MS)
                    steps.execute()


def _read(data: bytes) -> tuple[tuple[str, ...], str]:
    """Return what has changed and where to say that it was heard; what can't be read may mean anything."""
    try:
        document = orjson.loads(data)
        return tuple(str(name) for name in document["names"]), str(document["acks"])
    except (ValueError, TypeError, KeyError):
        logger.warning("A message about changes can't be read: %r", data[:100])
        return EVERYTHING, ""


def _own_pool() -> redis.ConnectionPool | None:
    """Return a pool of our own to the cache's Valkey: Django's is bounded and shared by the requests."""
    client = _django_client()
    if client is None:
        return None
    theirs = client.get_client(write=True).connection_pool
    return redis.ConnectionPool(theirs.connection_class, CONNECTIONS, **theirs.connection_kwargs)


def _django_client() -> Any:
    return getattr(caches[ALIAS], "client", None)


subscriber = Subscriber()
os.register_at_fork(after_in_child=subscriber.reset)
