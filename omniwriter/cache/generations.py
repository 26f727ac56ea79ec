"""Namespaces: one word that many cached values depend on, so that one step makes all of them old.

A namespace has a generation, a random token on the store. A value carries the tokens it was made under; one that does
not carry those of now is not read. Nothing is searched for or deleted: old values leave when their time is over.
Tokens are random, not counted, so one that the store has lost can't come back as an earlier one.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterable, Sequence
from typing import cast

from django.db import transaction

from omniwriter.cache.changes import tell_changed
from omniwriter.cache.keys import token_key
from omniwriter.cache.outage import RETRY_S, logger, outage
from omniwriter.cache.stores import Store, StoreAwayError, get_store, memory
from omniwriter.replicas.pins import last_commit

ALL = "all"  # every value depends on it
TOKEN_BYTES = 8
_LSN_MARK = b"@"


def bump(*names: str, using: str = "default") -> None:
    """Make every value of these namespaces old once the transaction is committed; at once outside of one."""
    transaction.on_commit(lambda: renew(names), using=using, robust=True)


def renew(names: Iterable[str]) -> None:
    """Make every value of these namespaces old now, in every process.

    When the store is away the step is made up for as soon as it is back, for all namespaces: others may have failed
    too.
    """
    names = tuple(names)
    fallback_token = new_token(None)
    memory.put({token_key(name): fallback_token for name in names})
    try:
        get_store().put(dict.fromkeys(map(token_key, names), new_token(last_commit())))
    except StoreAwayError as error:
        outage.failed(error)
        _owed.owe()
    tell_changed(names)


def new_token(lsn: str | None) -> bytes:
    """Return a token; with the place in the primary's log that a replica must have reached to know the change."""
    token = secrets.token_hex(TOKEN_BYTES).encode()
    return token + _LSN_MARK + lsn.encode() if lsn else token


def newest_lsn(tokens: Iterable[bytes]) -> str | None:
    """Return the furthest place in the primary's log that the tokens name."""
    named = [token.partition(_LSN_MARK)[2].decode() for token in tokens]
    return max((lsn for lsn in named if lsn), key=_place, default=None)


def tokens_complete(store: Store, keys: Sequence[str], tokens: Sequence[bytes | None]) -> tuple[bytes, ...]:
    """Return the tokens, with a new one on the store for each that was never made or was lost."""
    if None not in tokens:
        return cast("tuple[bytes, ...]", tuple(tokens))
    return tuple(
        store.add(key, new_token(None)) if token is None else token for key, token in zip(keys, tokens, strict=True)
    )


def _place(lsn: str) -> tuple[int, int]:
    high, _, low = lsn.partition("/")
    return int(high, 16), int(low, 16)


class Owed:
    """A step that the store has missed, made up for in a thread of its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def owe(self) -> None:
        """Make all values old as soon as the store is back."""
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._make_up, name="cache-owed", daemon=True)
                self._thread.start()

    def _make_up(self) -> None:
        while True:
            time.sleep(RETRY_S / 5)
            try:
                get_store().put({token_key(ALL): new_token(None)})
            except StoreAwayError:
                continue
            logger.warning("Changes were made while the cache was away, so everything in it is made anew.")
            tell_changed([ALL])
            return


_owed = Owed()
