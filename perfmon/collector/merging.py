"""Merging: everybody's windows into blocks, once a second, by the one collector that holds the lease.

A tick: renew the lease, receive, merge what was not merged before, commit blocks and receipts in one transaction. When
anything fails, what was merged in memory is thrown away and read back from the store, so nothing is counted twice.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from perfmon import guard
from perfmon.conf import get_config
from perfmon.exceptions import LeaseLost
from perfmon.ingest import dropped
from perfmon.series import STATUS_CLASSES, TOTAL_KEY, SeriesKey, Window, Windows, merge_windows
from perfmon.store.fine import get_fine_store, readable_block
from perfmon.store.ranges import FINE_STEPS
from perfmon.transport import Commit, Inbox, Message, get_inbox
from perfmon.wire import (
    ProcessWindow,
    ReadRow,
    merge_read,
    merge_rows,
    pack_block,
    read_rows,
    unpack_process_window,
)

TOTALED = frozenset(
    {
        *("request", "request_db", "request_cache", "query", "cache"),
        *("task", "queue_wait", "outgoing", "provider", "provider_first"),
    }
)
LOAD_KINDS = frozenset({"load_latency", "load_service", "load_server", "load_queue", "load_gap"})  # a total of each run
HELD_BLOCKS = 16  # the last seconds and tens; anything later is read back from the store
FORGET_PROCESS_S = 3600
FUTURE_LIMIT_S = 5

type_of_block = tuple[int, int]


@dataclass(slots=True)
class Tick:
    """What one tick did."""

    leading: bool = False
    windows: int = 0
    duplicates: int = 0
    refused: int = 0
    seconds: set[int] = field(default_factory=set)


class Collector:
    """Merges windows for as long as it holds the lease; ``tick`` is the whole of it."""

    def __init__(self, inbox: Inbox | None = None) -> None:
        self._inbox = inbox or get_inbox()
        self._blocks: OrderedDict[type_of_block, Windows] = OrderedDict()
        self._seen: dict[str, tuple[int, int]] = {}
        self._resume = True

    def tick(self, now: float) -> Tick:
        """Do one round; raises PerfmonError when Valkey is away, and then nothing is lost or half done."""
        tick = Tick()
        try:
            tick.leading = self._inbox.lead()
            if not tick.leading:
                self._forget()
                return tick
            messages = self._messages()
            if messages:
                self._merge_and_commit(messages, now, tick)
        except LeaseLost:
            self._forget()
            tick.leading = False
        except BaseException:
            self._forget()
            raise
        return tick

    def resign(self) -> None:
        """Let the next collector start at once."""
        with guard.guarded("resign"):
            self._inbox.resign()

    def _forget(self) -> None:
        """Drop everything merged in memory: it may differ from what is stored."""
        self._blocks.clear()
        self._resume = True

    def _messages(self) -> list[Message]:
        unfinished: list[Message] = []
        if self._resume:
            seen, unfinished = self._inbox.resume()
            self._seen = {process: _parse_seen(text) for process, text in seen.items()}
            self._resume = False
        return [*unfinished, *self._inbox.receive()]

    def _merge_and_commit(self, messages: list[Message], now: float, tick: Tick) -> None:
        changed: dict[int, Windows] = {}
        seen: dict[str, tuple[int, int]] = {}
        for message in messages:
            window, rows = _read(message)
            if window is None:
                tick.refused += 1
            elif self._is_new(window, seen, now, tick):
                merge_read(changed.setdefault(window.second, {}), rows)
        commit = Commit(received=tuple(message.id for message in messages))
        for second, windows in changed.items():
            add_totals(windows)
            for step_s in FINE_STEPS:
                at = (step_s, second // step_s * step_s)
                merge_windows(self._block(at), windows)
                commit.blocks[at] = b""
        commit.blocks = {at: pack_block(self._blocks[at]) for at in commit.blocks}
        commit.seen = {process: f"{sequence}:{second}" for process, (sequence, second) in seen.items()}
        commit.gone = tuple(name for name, (_, at) in self._seen.items() if at < now - FORGET_PROCESS_S)
        self._inbox.commit(commit)
        if tick.refused:
            dropped["late or damaged windows"] += tick.refused
        self._committed(seen, commit.gone)
        tick.seconds = set(changed)

    def _is_new(self, window: ProcessWindow, seen: dict[str, tuple[int, int]], now: float, tick: Tick) -> bool:
        """Tell whether a window is to be merged: sent once, and neither too late nor from the future."""
        last, _ = seen.get(window.process) or self._seen.get(window.process, (0, 0))
        if window.sequence <= last:
            tick.duplicates += 1
            return False
        seen[window.process] = (window.sequence, max(int(now), window.second))
        if not now - get_config().late_limit_s <= window.second <= now + FUTURE_LIMIT_S:
            tick.refused += 1
            return False
        tick.windows += 1
        return True

    def _block(self, at: type_of_block) -> Windows:
        block = self._blocks.get(at)
        if block is None:
            (packed,) = get_fine_store().read(at[0], [at[1]])
            block = self._blocks[at] = {}
            merge_rows(block, readable_block(packed) or {})
        self._blocks.move_to_end(at)
        return block

    def _committed(self, seen: dict[str, tuple[int, int]], gone: Iterable[str]) -> None:
        self._seen.update(seen)
        for process in gone:
            self._seen.pop(process, None)
        while len(self._blocks) > HELD_BLOCKS:
            self._blocks.popitem(last=False)


def _parse_seen(text: str) -> tuple[int, int]:
    sequence, _, second = text.partition(":")
    return int(sequence), int(second or 0)


def _read(message: Message) -> tuple[ProcessWindow | None, list[ReadRow]]:
    """Decode a message down to its last row, so that a damaged one is refused whole and never half merged."""
    try:
        window = unpack_process_window(message.packed)
        return window, read_rows(window.rows)
    except ValueError as error:
        guard.count_failure("unpack", error)
        return None, []


def add_totals(windows: Windows) -> None:
    """Add the sum over all keys of the kinds that have one; responses by status class, hosts by gauge, load tests."""
    totals: Windows = {}
    for (kind, key), window in windows.items():
        total = _total_key(kind, key)
        if total is not None:
            totals.setdefault(SeriesKey(kind, total), Window()).merge(window)
    windows.update(totals)


def _total_key(kind: str, key: str) -> str | None:
    if kind in TOTALED:
        return TOTAL_KEY
    if kind == "response" and key[-3:] in STATUS_CLASSES:
        return f"{TOTAL_KEY} {key[-3:]}"
    if kind == "outgoing_status":
        return f"{TOTAL_KEY} {key.rpartition(' ')[2]}"
    if kind == "host":
        return f"{TOTAL_KEY}/{key.rpartition('/')[2]}"
    if kind in LOAD_KINDS:
        return f"{key.partition('/')[0]}/{TOTAL_KEY}"
    return None
