"""The sign of life of a run: once a second from a thread, also while users are made or the last answers waited for."""

from __future__ import annotations

import threading
from types import TracebackType

from django.db import close_old_connections

from perfmon import guard
from perfmon.context import muted
from perfmon.loadtest.runs import run_beat

BEAT_EVERY_S = 1.0
LAST_S = 5.0


class Heart:
    """Beats for as long as the block lasts; ``told_to_stop`` once somebody asked for it or took the run for dead."""

    def __init__(self, run_id: int) -> None:
        self.told_to_stop = False
        self._run_id = run_id
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="perfmon-heart", daemon=True)

    def __enter__(self) -> Heart:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; a beat that hangs is not waited for long."""
        self._over.set()
        self._thread.join(LAST_S)

    def _beat(self) -> None:
        with muted():
            while not self._over.wait(BEAT_EVERY_S):
                with guard.guarded("sign of life of a load test"):
                    self.told_to_stop |= not run_beat(run_id=self._run_id)
            close_old_connections()
