"""A fine store in memory that tests fill second by second, as the collector does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from perfmon.series import NS_PER_MS, SeriesKey, Window, Windows
from perfmon.store.fine import block_reader, memory_store
from perfmon.wire import merge_rows, pack_block, unpack_block

Fill = Callable[..., None]


def ten_of(start: int) -> bytes:
    """Merge the ten seconds from ``start`` into one block."""
    windows: Windows = {}
    for packed in memory_store().read(1, range(start, start + 10)):
        merge_rows(windows, unpack_block(packed) if packed else {})
    return pack_block(windows)


@pytest.fixture
def fill(settings: Any) -> Fill:
    """Write seconds ``[end - seconds, end)``: requests of ``ms`` each, ``errors`` of them failing, and host gauges.

    And of each alias, failed calls of the cache a second, and a wait for a connection of so many ms a second. ``times``
    are durations in ms of other kinds, one a second, and ``amounts`` gauges, by kind and key.
    """
    settings.PERFMON = {"VALKEY_URL": ""}

    def write(
        end: float,
        *,
        seconds: int = 60,
        requests: int = 0,
        ms: float = 50,
        errors: int = 0,
        gauges: Mapping[str, float] | None = None,
        cache_errors: Mapping[str, int] | None = None,
        waits: Mapping[str, float] | None = None,
        times: Mapping[tuple[str, str], float] | None = None,
        amounts: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        windows: dict[SeriesKey, Window] = {SeriesKey("self", "flush"): Window(1)}
        for alias, failed in (cache_errors or {}).items():
            windows[SeriesKey("cache_error", alias)] = Window(failed)
        pools = {("pool", alias): wait_ms for alias, wait_ms in (waits or {}).items()}
        for (kind, key), duration_ms in {**pools, **(times or {})}.items():
            windows[SeriesKey(kind, key)] = window = Window()
            window.add(round(duration_ms * NS_PER_MS))
        for (kind, key), amount in (amounts or {}).items():
            windows[SeriesKey(kind, key)] = Window(1, 0, amount, amount)
        if requests:
            total = windows[SeriesKey("request", "*")] = Window()
            for number in range(requests):
                total.add(round(ms * NS_PER_MS), number < errors)
        for key, percent in (gauges or {}).items():
            gauge = windows[SeriesKey("host", key)] = Window()
            gauge.add_total(round(percent * 1000))
        packed = pack_block(windows)
        store, span = memory_store(), range(int(end) - seconds, int(end))
        store.put({(1, second): packed for second in span})
        store.put({(10, start): ten_of(start) for start in range(span.start // 10 * 10, span.stop, 10)})
        block_reader.cache_clear()  # tests rewrite the past

    return write
