"""What this process recorded until now, as the collector would merge it."""

from __future__ import annotations

from perfmon.collector.merging import add_totals
from perfmon.ingest import ingest
from perfmon.series import Windows
from perfmon.transport import local_queue
from perfmon.wire import merge_rows, unpack_process_window


def recorded() -> Windows:
    """Flush and return the windows with their totals."""
    ingest.flush(1_800_000_000)
    windows: Windows = {}
    for message in local_queue().take():
        merge_rows(windows, unpack_process_window(message.packed).rows)
    add_totals(windows)
    return windows
