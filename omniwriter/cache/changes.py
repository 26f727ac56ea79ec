"""Telling every process on commit what has changed, and waiting until those that keep answers have dropped theirs."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable

import orjson

from omniwriter.cache.keys import channel
from omniwriter.cache.outage import logger, outage
from omniwriter.cache.stores import StoreAwayError, ValkeyStore, get_store

ACK_S = 0.25  # at most, for all: a process that hangs must not hold up who publishes; its answers live a second
ACK_BYTES = 8

Listener = Callable[[tuple[str, ...]], None]
_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call ``listener`` with the namespaces that changed: for what this process changes, and for what it hears of.

    It is called in the thread that made the change or heard of it, must be quick, and drops what it keeps of these
    namespaces before it returns.
    """
    _listeners.append(listener)


def hear(names: tuple[str, ...]) -> None:
    """Tell everything in this process that these namespaces have changed; never raises."""
    for listener in _listeners:
        try:
            listener(names)
        except Exception:
            logger.exception("A change was not taken note of: %s", " ".join(names))


def tell_changed(names: Iterable[str]) -> None:
    """Tell all processes that these namespaces have changed; returns when they have dropped what they keep of them."""
    changed = tuple(names)
    hear(changed)
    store = get_store()
    if not isinstance(store, ValkeyStore) or outage.is_open:
        return
    try:
        _tell(store, changed)
    except StoreAwayError as error:
        outage.failed(error)


def _tell(store: ValkeyStore, names: tuple[str, ...]) -> None:
    acks = f"{channel()}:{secrets.token_hex(ACK_BYTES)}"
    waiting = store.publish(channel(), orjson.dumps({"names": names, "acks": acks}))
    deadline = time.monotonic() + ACK_S
    while waiting and (left_s := deadline - time.monotonic()) > 0:
        if store.take(acks, left_s) is None:
            return
        waiting -= 1
