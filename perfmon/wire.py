"""How windows travel and rest: msgpack of plain rows behind a version byte.

Two shapes share one body, ``{kind: {key: row}}`` with ``Window.to_row`` rows: a *process window* (one process, one
second, on the transport) has a head saying whose it is; a *block* (all series of one bucket, in the fine store) has
none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgpack

from perfmon.histogram import unpack
from perfmon.series import SeriesKey, Window, Windows

WIRE_VERSION = 1
HEAD = bytes((WIRE_VERSION,))

Rows = dict[str, dict[str, tuple[Any, ...]]]

#: Series, count, errors, sum, largest, and the buckets with their counts; None without a histogram.
ReadRow = tuple[tuple[str, str], int, int, int, int, tuple[Sequence[int], Sequence[int]] | None]

_HEAD_TYPES = (str, int, int, str, str, dict)


class ProcessWindow(NamedTuple):
    """One process's windows of one second; ``(process, sequence)`` names it once and for all."""

    process: str  # host:pid:start
    sequence: int
    second: int  # Unix time
    host: str
    release: str
    rows: Rows


def rows_of(windows: Mapping[SeriesKey, Window]) -> Rows:
    """Arrange windows as plain rows by kind and key."""
    rows: Rows = {}
    for (kind, key), window in windows.items():
        rows.setdefault(kind, {})[key] = window.to_row()
    return rows


def merge_rows(into: Windows, rows: Rows) -> None:
    """Add packed rows to windows, in place; raises ValueError on a damaged row, and then adds none."""
    merge_read(into, read_rows(rows))


def read_rows(rows: Rows) -> list[ReadRow]:
    """Unpack every row; raises ValueError when one is damaged, so that rows can be merged whole or not at all."""
    try:
        return [
            ((kind, key), 0 + count, 0 + errors, 0 + total, 0 + largest, unpack(packed) if packed else None)
            for kind, by_key in rows.items()
            for key, (count, errors, total, largest, packed) in by_key.items()
        ]
    except (TypeError, AttributeError) as error:
        raise ValueError(f"damaged row: {error}") from error


def merge_read(into: Windows, rows: Iterable[ReadRow]) -> None:
    """Add rows that were read to windows, in place."""
    for series, count, errors, total, largest, buckets in rows:
        held = into.get(series)  # type: ignore[call-overload]  # equal to the key it makes, and a third of its time
        if held is None:
            held = into[SeriesKey(*series)] = Window()
        held.count += count
        held.errors += errors
        held.sum += total
        if largest > held.max:
            held.max = largest
        if buckets is not None:
            counts = held.histogram.counts
            for index, number in zip(*buckets, strict=True):
                counts[index] = counts.get(index, 0) + number


def pack_process_window(window: ProcessWindow) -> bytes:
    """Pack for the transport."""
    return HEAD + bytes(msgpack.packb(tuple(window)))


def unpack_process_window(packed: bytes) -> ProcessWindow:
    """Unpack from the transport; raises ValueError for a foreign version or damaged bytes.

    What it returns has the stated types down to the keys, for the collector to rely on; rows are as yet unread.
    """
    body = _body(packed)
    if not isinstance(body, tuple) or tuple(map(type, body)) != _HEAD_TYPES:
        raise ValueError("not a process window")
    window = ProcessWindow(*body)
    _check_keys(window.rows)
    return window


def pack_block(windows: Mapping[SeriesKey, Window]) -> bytes:
    """Pack all series of one bucket for the fine store."""
    return HEAD + bytes(msgpack.packb(rows_of(windows)))


def unpack_block(packed: bytes) -> Rows:
    """Unpack a fine-store bucket into rows, histograms still packed; raises ValueError for damaged bytes."""
    body = _body(packed)
    if not isinstance(body, dict) or not all(isinstance(by_key, dict) for by_key in body.values()):
        raise ValueError("not a block of windows")
    return body


def _check_keys(rows: dict[Any, Any]) -> None:
    for kind, by_key in rows.items():
        if not isinstance(kind, str) or not isinstance(by_key, dict) or not {str}.issuperset(map(type, by_key)):
            raise ValueError(f"not rows by kind and key: {kind!r}")


def _body(packed: bytes) -> Any:
    if not packed or packed[0] != WIRE_VERSION:
        raise ValueError(f"wire format {packed[:1]!r} is not {WIRE_VERSION}")
    try:
        # Tuples of plain values drop out of the cyclic collector's sight; as lists, an hour of blocks costs it 90 ms.
        return msgpack.unpackb(packed[1:], use_list=False)
    except (msgpack.UnpackException, ValueError) as error:
        raise ValueError(f"damaged window: {error}") from error
