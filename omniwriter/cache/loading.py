"""Reading a cached value, or making it once however many ask for it at the same time.

In a process one thread makes the value and the others wait for it; between processes a lock on the store lets one make
it. Who comes while a value that has only run out is made anew gets the old one; one whose namespaces have changed is
not given to anybody. Without a store each process makes a value once a second.
"""

from __future__ import annotations

import enum
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connections

from omniwriter.cache.codec import decode, encode
from omniwriter.cache.entries import Entry, Tokens, new_entry, pack_entry, unpack_entry
from omniwriter.cache.errors import UnreadableError
from omniwriter.cache.flights import flights
from omniwriter.cache.generations import ALL, newest_lsn, tokens_complete
from omniwriter.cache.keys import ALIAS, lock_key, token_key
from omniwriter.cache.outage import outage
from omniwriter.cache.stores import Store, StoreAwayError, get_store, memory
from omniwriter.replicas.pins import seen_after
from perfmon.recorders.cache import record_error, record_read

LOCK_MS = 10_000  # what takes longer may be done twice
WAIT_S = 5.0  # for what another makes; then this one makes it too
POLL_S = 0.02
AWAY_S = 1.0  # how long a value lives in this process while the store is away
OWNER_BYTES = 8


#: Whether a value is being made that will be kept under the tokens of now.
making: ContextVar[bool] = ContextVar("cache_making", default=False)


class State(enum.StrEnum):
    """Where a value came from, in the words of the ``X-Cache`` header."""

    HIT = "hit"
    MISS = "miss"
    STALE = "stale"
    BYPASS = "bypass"


class Loaded(NamedTuple):
    """A value and where it came from."""

    value: Any
    state: State


@dataclass(frozen=True, slots=True)
class Place:
    """What is cached: its key, its group on the dashboard, what it depends on, and how long it holds, in seconds."""

    key: str
    group: str
    names: tuple[str, ...]
    ttl_s: float
    stale_s: float

    @property
    def token_keys(self) -> list[str]:
        """The keys of the generations it depends on."""
        return [token_key(ALL), *map(token_key, self.names)]


class _Found(NamedTuple):
    entry: Entry | None  # made under the generations of now
    value: Any
    tokens: Tokens
    now: float

    @property
    def state(self) -> State:
        if self.entry is None:
            return State.MISS
        return State.HIT if self.entry.is_fresh(self.now) else State.STALE


def load(place: Place, compute: Callable[[], Any]) -> Loaded:
    """Return the value of ``place``, from the store or from ``compute``.

    In a transaction nothing is read or kept: what it sees may never be committed. Raises what ``compute`` raises, and
    UncacheableError for a value that would not come back as it was; then nothing is kept.
    """
    return _guarded(place, compute, _load)


def refresh(place: Place, compute: Callable[[], Any]) -> Loaded:
    """Make the value of ``place`` anew and keep it, whatever is kept; who reads meanwhile gets what is there."""
    return _guarded(place, compute, _refresh)


def passes_by() -> bool:
    """Whether nothing is read from the cache or kept: it is switched off, or what is seen now may not be committed."""
    return not settings.CACHE_KEEPS or bool(connections["default"].in_atomic_block)


Way = Callable[[Store, Place, Callable[[], Any]], Loaded]


def _guarded(place: Place, compute: Callable[[], Any], way: Way) -> Loaded:
    if passes_by():
        return Loaded(compute(), State.BYPASS)
    if not outage.is_open:
        try:
            loaded = way(get_store(), place, compute)
        except StoreAwayError as error:
            _away(error)
        else:
            outage.worked()
            return loaded
    return _load(memory, replace(place, ttl_s=AWAY_S, stale_s=0.0), compute)._replace(state=State.BYPASS)


def _load(store: Store, place: Place, compute: Callable[[], Any]) -> Loaded:
    deadline = time.monotonic() + WAIT_S
    found = _look(store, place)
    while True:
        entry, state = found.entry, found.state
        if entry is not None and state is State.HIT and not entry.is_due(found.now):
            return Loaded(found.value, state)
        if entry is None and flights.is_free(place.key):
            return _make(store, place, compute, found.tokens)
        with flights.lead(place.key) as leads:
            made = _make_alone(store, place, compute, found) if leads else None
        if made is not None:
            return made
        if entry is not None:
            return Loaded(found.value, state)
        left_s = deadline - time.monotonic()
        if left_s <= 0:
            return _make(store, place, compute, found.tokens)
        if leads:
            time.sleep(POLL_S)  # another process makes it
        else:
            flights.wait(place.key, left_s)
        found = _read(store, place)


def _make_alone(store: Store, place: Place, compute: Callable[[], Any], found: _Found) -> Loaded | None:
    """Make the value under the lock; None when another process has the lock."""
    owner = secrets.token_bytes(OWNER_BYTES)
    if not store.lock(lock_key(place.key), owner, LOCK_MS):
        return None
    try:
        again = _read(store, place)  # it may have been made between the first look and the lock
        if again.entry is not None and (found.entry is None or again.entry.written_at > found.entry.written_at):
            return Loaded(again.value, State.HIT)
        return _make(store, place, compute, again.tokens)
    finally:
        with suppress(StoreAwayError):
            store.unlock(lock_key(place.key), owner)


def _refresh(store: Store, place: Place, compute: Callable[[], Any]) -> Loaded:
    return _make(store, place, compute, _read(store, place).tokens)


def _make(store: Store, place: Place, compute: Callable[[], Any], tokens: Tokens) -> Loaded:
    started = time.perf_counter()
    token = making.set(True)
    try:
        with seen_after(
            newest_lsn(tokens)
        ):  # or a replica that lags would have the old value kept under the new tokens
            value = compute()
    finally:
        making.reset(token)
    entry = new_entry(encode(value), tokens, now=time.time(), ttl_s=place.ttl_s, cost_s=time.perf_counter() - started)
    try:
        store.write(place.key, pack_entry(entry), max(1, round(1000 * (place.ttl_s + place.stale_s))))
    except StoreAwayError as error:
        _away(error)
    return Loaded(value, State.MISS)


def _look(store: Store, place: Place) -> _Found:
    """Read, and count a hit or a miss."""
    started_ns = perf_counter_ns()
    found = _read(store, place)
    hit = found.entry is not None
    record_read(ALIAS, place.group, perf_counter_ns() - started_ns, hits=int(hit), misses=int(not hit))
    return found


def _read(store: Store, place: Place) -> _Found:
    """Read the value and its generations in one step."""
    token_keys = place.token_keys
    packed, *held = store.read([place.key, *token_keys])
    tokens = tokens_complete(store, token_keys, held)
    if packed is not None:
        with suppress(UnreadableError):
            entry = unpack_entry(packed)
            if entry.holds(tokens):
                return _Found(entry, decode(entry.payload), tokens, time.time())
    return _Found(None, None, tokens, time.time())


def _away(error: StoreAwayError) -> None:
    outage.failed(error)
    record_error(ALIAS)
