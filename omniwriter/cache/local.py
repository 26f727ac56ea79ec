"""The first level: the hottest values in this process for a second, without a round trip."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

from omniwriter.cache.changes import listen
from omniwriter.cache.codec import decode, encode
from omniwriter.cache.keys import ALIAS
from omniwriter.cache.loading import Place, making
from omniwriter.cache.stores import MemoryStore
from perfmon.recorders.cache import record_read

LOCAL_VALUES = 500

_values = MemoryStore(LOCAL_VALUES)


def local_value(place: Place, local_s: float, fetch: Callable[[], Any]) -> Any:
    """Return what this process keeps of ``place``, or fetch and keep it; each reader gets a copy of its own.

    A change that this process makes or hears of empties the level; one it does not hear of is seen ``local_s`` late.
    What is made to be kept reads past it: a change of another process renews the tokens before its message comes, and
    an old part would be kept under the new ones.
    """
    if making.get():
        return fetch()
    started_ns = perf_counter_ns()
    (packed,) = _values.read([place.key])
    if packed is not None:
        value = decode(packed)
        record_read(ALIAS, place.group, perf_counter_ns() - started_ns, hits=1, misses=0)
        return value
    changes = _changes.count
    value = fetch()
    if changes == _changes.count:  # or it may be older than a change
        _values.write(place.key, encode(value), round(1000 * local_s))
    return value


class _Changes:
    """How often something has changed."""

    count = 0

    def __call__(self, names: tuple[str, ...]) -> None:
        self.count += 1
        _values.clear()


_changes = _Changes()
listen(_changes)
