"""A run's sign of life, once a second from beginning to end, also while users are made or removed."""

from __future__ import annotations

import threading
from types import TracebackType

from django.db import connections

from perfmon import guard
from perfmon.context import muted
from perfmon.loadtest.runs import run_beat

EVERY_S = 1.0


class Heartbeat:
    """Beats while it is entered; ``stop_asked`` turns true when somebody asked the run to stop, or took it for dead."""

    def __init__(self, run_id: int) -> None:
        self.stop_asked = False
        self._run_id = run_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="perfmon-heartbeat", daemon=True)

    def __enter__(self) -> Heartbeat:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, before the run's last write."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        with muted():
            while not self._over.wait(EVERY_S):
                with guard.guarded("load test's sign of life"):  # a database that is locked for a moment stops nothing
                    self.stop_asked |= not run_beat(run_id=self._run_id)
        connections.close_all()
