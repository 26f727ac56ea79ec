"""Kept answers by question, the least recently used leaving first; dropped by namespace from any thread.

A look takes no lock: it is one dict look-up on the event loop. Whoever changes the dict takes one. An answer whose
question came before a namespace changed may be older than the change, so a question on its way notes what changes
meanwhile, and such an answer is not kept.
"""

from __future__ import annotations

import threading

from omniwriter.edge.answers import COOKIE, Kept
from omniwriter.edge.questions import Key, Question

LIFE_NS = 1_000_000_000  # from the moment the question came, so a change no message told of is seen a second later
RENEW_NS = 700_000_000  # then one question goes to Django while the others are still answered from memory
EVERYTHING = "all"
ROOM_SHARE = 0.9  # a full table gives up a tenth at once: to find the oldest it looks at all


class Flight:
    """A question on its way to Django."""

    __slots__ = ("begun_ns", "changed")

    def __init__(self, begun_ns: int) -> None:
        self.begun_ns = begun_ns
        self.changed: set[str] = set()


class Variants:
    """Stands for an address whose answers depend on the headers in ``vary``; each lies under their values."""

    __slots__ = ("until_ns", "used_ns", "vary")
    names: frozenset[str] = frozenset()
    size_bytes = 512  # about

    def __init__(self, vary: tuple[bytes, ...], until_ns: int) -> None:
        self.vary, self.until_ns, self.used_ns = vary, until_ns, until_ns


class Table:
    """At most ``limit_bytes`` of answers."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._kept: dict[Key, Kept | Variants] = {}
        self._purged_ns = 0
        self._flights: set[Flight] = set()
        self._lock = threading.Lock()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, question: Question, now_ns: int) -> Kept | None:
        """Return the answer to a question; None also for the one question that is to renew it."""
        kept = self._kept.get(question.key)
        if type(kept) is Variants:
            kept = self._kept.get(_variant(question, kept.vary))
        if type(kept) is not Kept or now_ns >= kept.until_ns:
            return None
        if kept.cookieless and COOKIE in question.headers:
            return None
        if now_ns >= kept.renew_ns and not kept.renewing and question.is_plain:
            kept.renewing = True
            return None
        kept.used_ns = now_ns
        return kept

    def begin(self, now_ns: int) -> Flight:
        """Note that a question goes to Django."""
        flight = Flight(now_ns)
        with self._lock:
            self._flights.add(flight)
        return flight

    def end(self, flight: Flight) -> None:
        """Note that it is answered."""
        with self._lock:
            self._flights.discard(flight)

    def store(self, question: Question, kept: Kept, flight: Flight, now_ns: int) -> bool:
        """Keep an answer unless something it depends on has changed since its question came; whether it is kept."""
        if kept.cookieless and COOKIE in question.headers:
            return False
        kept.until_ns, kept.renew_ns, kept.used_ns = flight.begun_ns + LIFE_NS, flight.begun_ns + RENEW_NS, now_ns
        if kept.until_ns <= now_ns or kept.size_bytes > self._limit_bytes:
            return False
        with self._lock:
            if EVERYTHING in flight.changed or not flight.changed.isdisjoint(kept.names):
                return False
            if kept.vary:
                self._put(question.key, Variants(kept.vary, kept.until_ns))
                self._put(_variant(question, kept.vary), kept)
            else:
                self._put(question.key, kept)
            self._make_room(now_ns)
        return True

    def drop(self, names: tuple[str, ...]) -> None:
        """Forget all answers that depend on one of these namespaces, and do not keep those that are being made."""
        with self._lock:
            for flight in self._flights:
                flight.changed.update(names)
            everything = EVERYTHING in names
            for key, kept in list(self._kept.items()):
                if everything or not kept.names.isdisjoint(names):
                    self._remove(key)

    def _put(self, key: Key, kept: Kept | Variants) -> None:
        self._remove(key)
        self._kept[key] = kept
        self.size_bytes += kept.size_bytes

    def _make_room(self, now_ns: int) -> None:
        """Forget what is too old, once a life; and what was not asked for longest, when there is too much."""
        if self.size_bytes <= self._limit_bytes and now_ns < self._purged_ns + LIFE_NS:
            return
        self._purged_ns = now_ns
        for key in [key for key, kept in self._kept.items() if kept.until_ns <= now_ns]:
            self._remove(key)
        if self.size_bytes > self._limit_bytes:
            for key in sorted(self._kept, key=lambda key: self._kept[key].used_ns):
                if self.size_bytes <= ROOM_SHARE * self._limit_bytes:
                    return
                self._remove(key)

    def _remove(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size_bytes -= kept.size_bytes


def _variant(question: Question, vary: tuple[bytes, ...]) -> Key:
    """Return the key of a question below its address: by its own values of the headers that the answers depend on."""
    return (question.key, *((name, question.headers.get(name)) for name in vary))
