"""How windows travel and rest: msgpack of plain rows behind a version byte.

Two shapes share one body, ``{kind: {key: row}}`` with ``Window.to_row`` rows: a *process window* (one process, one
second, on the transport) has a head saying whose it is; a *block* (all series of one bucket, in the fine store) has
none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack

from perfmon.series import SeriesKey, Window, Windows

WIRE_VERSION = 1
HEAD = bytes((WIRE_VERSION,))

Rows = dict[str, dict[str, list[Any]]]


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
        rows.setdefault(kind, {})[key] = list(window.to_row())
    return rows


def merge_rows(into: Windows, rows: Rows) -> None:
    """Add packed rows to windows, in place; raises ValueError on a damaged row."""
    for kind, by_key in rows.items():
        for key, row in by_key.items():
            series = SeriesKey(kind, key)
            held = into.get(series)
            if held is None:
                held = into[series] = Window()
            held.merge_row(row)


def pack_process_window(window: ProcessWindow) -> bytes:
    """Pack for the transport."""
    return HEAD + bytes(msgpack.packb(tuple(window)))


def unpack_process_window(packed: bytes) -> ProcessWindow:
    """Unpack from the transport; raises ValueError for a foreign version or damaged bytes."""
    body = _body(packed)
    if not isinstance(body, list) or len(body) != len(ProcessWindow._fields):
        raise ValueError("not a process window")
    return ProcessWindow(*body)


def pack_block(windows: Mapping[SeriesKey, Window]) -> bytes:
    """Pack all series of one bucket for the fine store."""
    return HEAD + bytes(msgpack.packb(rows_of(windows)))


def unpack_block(packed: bytes) -> Rows:
    """Unpack a fine-store bucket into rows, histograms still packed; raises ValueError for damaged bytes."""
    body = _body(packed)
    if not isinstance(body, dict):
        raise ValueError("not a block of windows")
    return body


def _body(packed: bytes) -> Any:
    if not packed or packed[0] != WIRE_VERSION:
        raise ValueError(f"wire format {packed[:1]!r} is not {WIRE_VERSION}")
    try:
        return msgpack.unpackb(packed[1:])
    except (msgpack.UnpackException, ValueError) as error:
        raise ValueError(f"damaged window: {error}") from error
