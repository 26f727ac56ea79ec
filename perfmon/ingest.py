"""The window of this process: recorders add to it without a lock, a thread hands it to the transport every second.

Each thread owns a shard, so adding to it races with no other recorder. The flush swaps a shard's slots for a fresh dict
and reads the old ones; a shard caught in the middle of a write (its ``writes`` is odd) hands them over one flush later,
so nothing is lost and nobody waits. Memory is bounded by ``max_series`` slots a shard and ``buffer_windows`` kept
windows.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterable
from typing import Any, Protocol, TypeVar, runtime_checkable

from perfmon import guard
from perfmon.conf import Config, get_config
from perfmon.context import muted
from perfmon.exceptions import TransportError
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window, Windows
from perfmon.transport import Transport, get_transport
from perfmon.wire import ProcessWindow, pack_process_window, rows_of

FLUSH_PERIOD_S = 1.0
FLUSH_DELAY_S = 0.02  # after the second's end, so that requests ending with it are in it


class Slot(Protocol):
    """What one thread has counted for one hot-path key; it knows which series that makes."""

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the windows to add to this second's; called once, after the last write."""


AnySlot = TypeVar("AnySlot", bound=Slot)


@runtime_checkable
class Sampler(Protocol):
    """A recorder that is asked for its readings instead of being called."""

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the readings of this second, or none."""


class Shard:
    """One thread's slots. ``writes`` is odd while the thread is adding to them."""

    __slots__ = ("handed_over", "ident", "slots", "thread", "writes")

    def __init__(self, thread: threading.Thread, ident: int) -> None:
        self.thread, self.ident = thread, ident
        self.slots: dict[Hashable, Slot] = {}
        self.handed_over: list[dict[Hashable, Slot]] = []
        self.writes = 0

    def slot(
        self, key: Hashable, make: Callable[[], AnySlot], overflow: Hashable, make_other: Callable[[], AnySlot]
    ) -> AnySlot:
        """Make the slot of a key not seen this second; past ``max_series`` the overflow key's slot serves."""
        ingest.start()
        if len(self.slots) >= get_config().max_series:
            dropped["series"] += 1
            key, make = overflow, make_other
        found = self.slots.get(key)
        if found is None:
            found = self.slots[key] = make()
        return found  # type: ignore[return-value]  # a key always has one slot type

    def drain(self) -> Iterable[Slot]:
        """Give up the slots written so far, except those being written at this very moment."""
        taken, self.slots = self.slots, {}
        if self.writes & 1:
            self.handed_over.append(taken)
            return ()
        ready, self.handed_over = [*self.handed_over, taken], []
        return [slot for slots in ready for slot in slots.values()]


class Shards(dict[int, Shard]):
    """Each thread's shard by ``get_ident``: ``shards[get_ident()]``, made on first use in the thread that uses it.

    An attribute of a ``threading.local`` costs 3 us more where the caches are cold. A new thread can have the number
    of one that ended, and so its shard, until the next flush takes it out of here.
    """

    def __missing__(self, ident: int) -> Shard:
        shard = self[ident] = Shard(threading.current_thread(), ident)
        ingest.adopt(shard)
        return shard


dropped: Counter[str] = Counter()
#: What requests left behind without counting it: an append needs no lock, and their recorder counts it at the flush.
uncounted: deque[Any] = deque()


class Ingest:
    """Gathers the shards of this process into one window a second and sends it; survives forks."""

    def __init__(self) -> None:
        self.samplers: list[Sampler] = []
        self.threaded = True  # False leaves every flush to the caller
        self.collecting = False  # whether this process is a collector too
        self._reset()

    def _reset(self) -> None:
        self._shards: list[Shard] = []
        self._retired: list[Shard] = []  # of threads that ended
        self._dated: dict[int, Windows] = {}
        self._lock = threading.Lock()
        self._flush_lock = threading.Lock()
        self._unsent: deque[bytes] = deque()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._sequence = 0
        self._reported: Counter[str] = Counter()
        self._flush_cost_ns = 0
        self.process = f"{os.getpid()}-{time.time_ns():x}"

    def after_fork(self) -> None:
        """Start from nothing in a forked child: its parent keeps and sends what was counted before."""
        dropped.clear()
        uncounted.clear()
        guard.failures.clear()
        self._reset()
        shards.clear()

    def clear(self) -> None:
        """Forget everything counted so far; threads that live on keep their shards."""
        kept = self._shards
        for shard in kept:
            shard.drain()
        dropped.clear()
        uncounted.clear()
        guard.failures.clear()
        self._reset()
        self._shards = kept

    def adopt(self, shard: Shard) -> None:
        """Take a new thread's shard into the flush."""
        with self._lock:
            self._shards.append(shard)

    def start(self) -> None:
        """Start the flush thread unless it runs, perfmon is off or flushing is left to the caller."""
        if self._thread is not None or not self.threaded or not get_config().enabled:
            return
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="perfmon-flush", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        stop = self._stop
        while not stop.wait(FLUSH_PERIOD_S - time.time() % FLUSH_PERIOD_S + FLUSH_DELAY_S):
            self.flush(int(time.time()) - 1)

    def flush(self, second: int) -> None:
        """Send everything counted up to now as the window of ``second`` (Unix time); never raises."""
        with guard.guarded("flush"), muted(), self._flush_lock:
            started_ns = time.thread_time_ns()
            config = get_config()
            for at, windows in self._collect(second):
                self._enqueue(config, at, windows)
            self._send(get_transport())
            self._flush_cost_ns += time.thread_time_ns() - started_ns

    def record_at(self, second: int, windows: Windows) -> None:
        """Add finished windows to a given second: for measurements that come with their own time."""
        from perfmon.series import merge_windows

        with self._lock:
            merge_windows(self._dated.setdefault(second, {}), windows)
        self.start()

    def _collect(self, second: int) -> Iterable[tuple[int, Windows]]:
        with self._lock:
            dated, self._dated = self._dated, {}
            read = [*self._shards, *self._retired]
            self._retire()
        windows = dated.pop(second, {})
        for shard in read:
            for slot in shard.drain():
                _add(windows, slot.series())
        for sampler in self.samplers:
            with guard.guarded(f"sample {type(sampler).__name__}"):
                _add(windows, sampler.sample(second))
        if windows:
            _add(windows, self._own_cost())
        return [*sorted(dated.items()), (second, windows)]

    def _retire(self) -> None:
        """Take the shards of threads that ended out of use; each is read once more, by the next flush.

        A new thread with the number of one that ended may have its shard in hand at this moment.
        """
        is_alive = {shard: shard.thread.is_alive() for shard in self._shards}
        ended = [shard for shard in self._shards if not is_alive[shard]]
        for shard in ended:
            if shards.get(shard.ident) is shard:
                del shards[shard.ident]
        self._shards = [shard for shard in self._shards if is_alive[shard]]
        self._retired = ended + [shard for shard in self._retired if shard.writes & 1]

    def _own_cost(self) -> Iterable[tuple[SeriesKey, Window]]:
        cost_ns, self._flush_cost_ns = self._flush_cost_ns, 0
        yield SeriesKey("self", "flush"), Window(1, 0, cost_ns, cost_ns)
        limit = get_config().buffer_windows
        fill = 100_000 * len(self._unsent) // limit if limit else 0
        yield SeriesKey("self", "buffer"), Window(1, 0, fill, fill)
        counted = Counter({f"failed/{where}": n for where, n in guard.failures.items()})
        counted.update({f"dropped/{what}": n for what, n in dropped.items()})
        for name, total in (counted - self._reported).items():
            yield SeriesKey("self", name), Window(total)
        self._reported = counted

    def _enqueue(self, config: Config, second: int, windows: Windows) -> None:
        if not windows:
            return
        self._sequence += 1
        host = config.host
        self._unsent.append(
            pack_process_window(
                ProcessWindow(f"{host}:{self.process}", self._sequence, second, host, config.release, rows_of(windows))
            )
        )
        while len(self._unsent) > config.buffer_windows:
            self._unsent.popleft()
            dropped["windows"] += 1

    def _send(self, transport: Transport) -> None:
        try:
            while self._unsent:
                transport.send(self._unsent[0])
                self._unsent.popleft()
        except TransportError as error:
            guard.count_failure("transport", error)

    def stop(self) -> None:
        """Send what is left and end the flush thread; called at exit."""
        if self._thread is not None:
            self._stop.set()
            self._thread.join(2)
            self.flush(int(time.time()))
            self._thread = None
            self._stop = threading.Event()


def _add(windows: Windows, series: Iterable[tuple[SeriesKey, Window]]) -> None:
    for key, window in series:
        held = windows.get(key)
        if held is None:
            windows[key] = window
        else:
            held.merge(window)


def record_external(*, method: str, endpoint: str, duration_ns: int, status: int, second: int) -> None:
    """Count a request that another program measured, in the second it names."""
    window = Window()
    window.add(duration_ns, status >= 500)
    label = f"{method} {endpoint}"
    response = SeriesKey("response", f"{label} {status // 100}xx")
    ingest.record_at(second, {SeriesKey("request", label): window, response: Window(1)})


ingest = Ingest()
shards = Shards()  # the first slot in a process starts its flush thread
os.register_at_fork(after_in_child=ingest.after_fork)
atexit.register(ingest.stop)

__all__ = [
    "OVERFLOW_KEY",
    "Ingest",
    "Sampler",
    "Shard",
    "Slot",
    "dropped",
    "ingest",
    "record_external",
    "shards",
    "uncounted",
]
