"""Websockets open in this process, as a gauge; perfmon's own are left out of nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from perfmon.ingest import ingest
from perfmon.series import SeriesKey, Window

_lock = threading.Lock()
_open = 0


def socket_opened() -> None:
    """Count a websocket that was accepted; call ``socket_closed`` once for it."""
    global _open
    with _lock:
        _open += 1
    ingest.start()


def socket_closed() -> None:
    """Count a websocket that is gone."""
    global _open
    with _lock:
        _open -= 1


class SocketRecorder:
    """Reports the number of open websockets every second while there are any."""

    def install(self) -> None:
        """Nothing to hook: consumers call ``socket_opened`` and ``socket_closed``."""

    def uninstall(self) -> None:
        """Nothing to undo."""

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the gauge, or nothing when no socket is open."""
        if _open:
            yield SeriesKey("socket", f"{ingest.process}/open"), Window(1, 0, _open, _open)
