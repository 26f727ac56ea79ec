"""The fine store: one packed block of all series per bucket, by the second for minutes and by ten seconds for a day.

The collector writes blocks as part of its commit (``perfmon.transport``); this module reads them. Blocks older than
``SETTLED_S`` hardly ever change, so each process keeps the newest ones it decoded, bounded in bytes and in age.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Protocol

from perfmon import guard
from perfmon.conf import get_budgets, get_config
from perfmon.conf import on_change as on_config_change
from perfmon.exceptions import StoreUnavailable, TransportError
from perfmon.store.ranges import SECOND, SECOND_KEEP_S, TEN
from perfmon.valkey import get_client, reaching_valkey
from perfmon.wire import Rows, unpack_block

SETTLED_S = 15
CACHE_BYTES = 2 << 20  # of packed blocks, which take about five times as much once decoded
UNSETTLED_BLOCKS = 32  # the seconds and tens that may still change, kept with their bytes to see whether they did
CACHE_AGE_S = 60  # each layer of sums is kept as long again: a window later than SETTLED_S shows within 200 s
CACHE_AGE_SPREAD_S = 30

type_of_block = tuple[int, int]  # (step_s, start)
_view: ContextVar[dict[type_of_block, Rows | None] | None] = ContextVar("perfmon_view", default=None)


def block_key(prefix: str, step_s: int, start: int) -> str:
    """The key of one block of the fine store."""
    return f"{prefix}:block:{step_s}:{start}"


def keep_s(step_s: int) -> int:
    """How long blocks of a step are kept, in seconds."""
    return SECOND_KEEP_S if step_s == SECOND else get_budgets().keep_fine_s


def is_fresh(kept_s: float, start: int, clock_s: float) -> bool:
    """Tell whether something kept at ``kept_s`` may still be used; what was kept together does not expire together."""
    return clock_s - kept_s < CACHE_AGE_S - start // TEN % CACHE_AGE_SPREAD_S


def readable_block(packed: bytes | None) -> Rows | None:
    """Return a block's rows; one of another release's format is counted as a failure and holds nothing."""
    try:
        return unpack_block(packed) if packed else None
    except ValueError as error:
        guard.count_failure("block", error)
        return None


class FineStore(Protocol):
    """Reads packed blocks."""

    def read(self, step_s: int, starts: Sequence[int]) -> list[bytes | None]:
        """Return the packed block of each start, None where nothing was recorded; raises StoreUnavailable."""


class ValkeyFineStore:
    """Blocks in Valkey, which forgets them by itself."""

    def read(self, step_s: int, starts: Sequence[int]) -> list[bytes | None]:
        """Read any number of blocks in one round trip."""
        if not starts:
            return []
        prefix = get_config().prefix
        try:
            with reaching_valkey():
                return get_client().mget([block_key(prefix, step_s, start) for start in starts])  # type: ignore[return-value]
        except TransportError as error:
            raise StoreUnavailable(str(error)) from error


class MemoryFineStore:
    """Blocks in this process, for a project without Valkey."""

    def __init__(self) -> None:
        self._blocks: dict[type_of_block, bytes] = {}
        self._lock = threading.Lock()

    def read(self, step_s: int, starts: Sequence[int]) -> list[bytes | None]:
        """Read any number of blocks."""
        return [self._blocks.get((step_s, start)) for start in starts]

    def put(self, blocks: Mapping[type_of_block, bytes]) -> None:
        """Write blocks and forget those past their time."""
        with self._lock:
            self._blocks.update(blocks)
            if blocks:
                newest = max(start for _, start in blocks)
                for step_s, start in [at for at in self._blocks if at[1] < newest - keep_s(at[0])]:
                    del self._blocks[step_s, start]


@contextmanager
def one_view() -> Iterator[None]:
    """Read each block at most once inside, so that everything on one page is of the same moment."""
    token = _view.set({})
    try:
        yield
    finally:
        _view.reset(token)


class BlockReader:
    """Reads blocks decoded to rows, remembering the settled ones. The rows are shared: never change them."""

    def __init__(self, store: FineStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._held: OrderedDict[type_of_block, tuple[float, int, Rows | None]] = OrderedDict()
        self._bytes = 0
        self._unsettled: OrderedDict[type_of_block, tuple[bytes | None, Rows | None]] = OrderedDict()

    def read(self, step_s: int, starts: Sequence[int], now: float) -> list[Rows | None]:
        """Return the rows of each start, None where nothing was recorded; raises StoreUnavailable."""
        clock = time.monotonic()
        view = _view.get()
        found: dict[int, Rows | None] = {}
        with self._lock:
            for start in starts:
                held = self._held.get((step_s, start))
                if held is not None and is_fresh(held[0], start, clock):
                    found[start] = held[2]
                elif view is not None and (step_s, start) in view:
                    found[start] = view[step_s, start]
        wanted = [start for start in starts if start not in found]
        for start, packed in zip(wanted, self._store.read(step_s, wanted), strict=True):
            found[start] = rows = self._rows((step_s, start), packed)
            if start + step_s + SETTLED_S <= now:
                self._hold((step_s, start), clock, len(packed or b"") + 64, rows)
            if view is not None:
                view[step_s, start] = rows
        return [found[start] for start in starts]

    def _rows(self, at: type_of_block, packed: bytes | None) -> Rows | None:
        """Decode a block, unless it is one of the newest and has not changed since it was read last."""
        with self._lock:
            last = self._unsettled.pop(at, None)
            rows = last[1] if last is not None and last[0] == packed else readable_block(packed)
            self._unsettled[at] = (packed, rows)
            if len(self._unsettled) > UNSETTLED_BLOCKS:
                self._unsettled.popitem(last=False)
        return rows

    def _hold(self, at: type_of_block, clock: float, size: int, rows: Rows | None) -> None:
        with self._lock:
            self._unsettled.pop(at, None)
            previous = self._held.pop(at, None)
            self._bytes += size - (previous[1] if previous else 0)
            self._held[at] = (clock, size, rows)
            while self._bytes > CACHE_BYTES or clock - next(iter(self._held.values()))[0] > CACHE_AGE_S:
                self._bytes -= self._held.popitem(last=False)[1][1]


@lru_cache(maxsize=1)
def memory_store() -> MemoryFineStore:
    """Return the store in this process's memory."""
    return MemoryFineStore()


def get_fine_store() -> FineStore:
    """Return the store of this configuration."""
    return ValkeyFineStore() if get_config().valkey_url else memory_store()


@lru_cache(maxsize=1)
def block_reader() -> BlockReader:
    """Return this process's reader of decoded blocks."""
    return BlockReader(get_fine_store())


on_config_change(memory_store.cache_clear, block_reader.cache_clear)
