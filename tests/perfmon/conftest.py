"""What perfmon's tests share: a process whose flushing is done by the test, on either transport."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from perfmon import guard
from perfmon.conf import RECORDERS
from perfmon.ingest import dropped, ingest
from perfmon.recorders import install_recorders, uninstall_recorders
from perfmon.series import SeriesKey, Window, Windows
from perfmon.store.fine import get_fine_store
from perfmon.transport import local_queue
from perfmon.wire import ProcessWindow, merge_rows, pack_process_window, rows_of, unpack_block


@pytest.fixture
def recording(settings) -> Iterator[None]:
    """Recorders installed but the samplers of hosts and servers, nothing counted, no flush unless the test says so."""
    settings.PERFMON = {
        "VALKEY_URL": "",
        "LOCAL_COLLECTOR": False,
        "HOST_NAME": "web1",
        "RECORDERS": [path for path in RECORDERS if not path.endswith((".HostRecorder", ".CacheServerRecorder"))],
    }
    uninstall_recorders()
    ingest.stop()
    threaded, ingest.threaded = ingest.threaded, False
    ingest.clear()
    local_queue().take()
    install_recorders()
    yield
    uninstall_recorders()
    ingest.clear()
    ingest.threaded = threaded


@pytest.fixture
def over_valkey(settings, valkey_url) -> str:
    """perfmon on a real, empty Valkey."""
    settings.PERFMON = {"VALKEY_URL": valkey_url, "LOCAL_COLLECTOR": False, "HOST_NAME": "web1"}
    guard.failures.clear()
    dropped.clear()
    return valkey_url


@pytest.fixture
def packed_window() -> Callable[..., bytes]:
    """Make a packed window as a process would send it: ``packed_window(sequence, second, durations_ns)``."""

    def make(sequence: int, second: int, durations_ns: list[int], process: str = "web1:1", key: str = "GET /") -> bytes:
        window = Window()
        for duration_ns in durations_ns:
            window.add(duration_ns)
        rows = rows_of({SeriesKey("request", key): window})
        return pack_process_window(ProcessWindow(process, sequence, second, "web1", "", rows))

    return make


@pytest.fixture
def stored() -> Callable[[int, int], Windows]:
    """Read one block of the fine store as windows: ``stored(step_s, start)``."""

    def read(step_s: int, start: int) -> Windows:
        windows: Windows = {}
        (packed,) = get_fine_store().read(step_s, [start])
        if packed:
            merge_rows(windows, unpack_block(packed))
        return windows

    return read
