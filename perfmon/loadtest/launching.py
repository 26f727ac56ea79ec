"""Starting the load tests that wait: each is a child of the leading collector, one at a time, and ends with it.

The child is ``manage.py loadtest --run N``. On Linux the kernel sends it SIGTERM when the thread that started it ends,
so that thread lives as long as the collector. A child that is told to end clears up what it made.
"""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import signal
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import close_old_connections

from perfmon import guard
from perfmon.collector.merging import Tick
from perfmon.context import muted
from perfmon.loadtest.models import RunStatus
from perfmon.loadtest.runs import run_lost, run_open, runs_bury

logger = logging.getLogger("perfmon.loadtest")

BURY_EVERY = 5  # looks
FINISH_S = 5.0
PR_SET_PDEATHSIG = 1


class Launcher:
    """Looks once a tick, in a thread of its own: neither a slow database nor a start delays the collector."""

    def __init__(self, command: Callable[[int], list[str]] | None = None) -> None:
        self._command = command or command_of
        self._before_exec = _death_signal()
        self._child: subprocess.Popen[bytes] | None = None
        self._run_id = self._looks = self._ticks = 0
        self._wake, self._stop = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def after_tick(self, tick: Tick, now: float) -> None:
        """Have the thread look; not after the first tick, which may be the only one: a run would end as it begins."""
        self._ticks += 1
        if self._ticks < 2 or self._stop.is_set():
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="perfmon-launch", daemon=True)
            self._thread.start()
            atexit.register(self.finish)  # a collector inside a web process is not told of its end
        self._wake.set()

    def finish(self) -> None:
        """Tell the run that is on to end, and wait for it, for ``FINISH_S`` at most."""
        atexit.unregister(self.finish)
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(FINISH_S)
        else:
            self._end_child()

    def _watch(self) -> None:
        with muted():
            while not self._stop.is_set():
                self._wake.wait()
                self._wake.clear()
                if not self._stop.is_set():
                    with guard.guarded("launch a load test"):
                        self.look()
                    close_old_connections()
            self._end_child()
            close_old_connections()

    def look(self) -> None:
        """Note a child that ended, and runs that show no sign of life; start the run that waits unless one is on."""
        self._note_end()
        if self._looks % BURY_EVERY == 0:
            for number in runs_bury():
                logger.warning("load test %d is broken: it gave no sign of life", number)
        self._looks += 1
        run = None if self._child else run_open()
        if run is not None and run.status == RunStatus.QUEUED:
            self._start(run.pk)

    def _start(self, run_id: int) -> None:
        try:
            command, environment = self._command(run_id), environment_of()
            self._child = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                env=environment,
                process_group=0,  # Ctrl-C at the collector's terminal reaches it through the collector alone
                preexec_fn=self._before_exec,  # noqa: PLW1509  (one prctl call, resolved before the fork)
            )
        except (OSError, AttributeError) as error:
            run_lost(run_id=run_id, note={"code": "unstartable", "error": str(error)})
            return
        self._run_id = run_id
        logger.info("load test %d started as process %d", run_id, self._child.pid)

    def _note_end(self) -> None:
        """A child stores how its run ended; one that could not is answered for here."""
        if self._child is None or self._child.poll() is None:
            return
        code, self._child = self._child.returncode, None
        if run_lost(run_id=self._run_id, note={"code": "left_open", "exit_code": code}):
            logger.error("load test %d ended with code %d and left its run open", self._run_id, code)

    def _end_child(self) -> None:
        if self._child is None or self._child.poll() is not None:
            return
        self._child.terminate()
        try:
            self._child.wait(FINISH_S)
        except subprocess.TimeoutExpired:
            logger.info("load test %d still waits for answers and clears up", self._run_id)


def command_of(run_id: int) -> list[str]:
    """Return how this project conducts a run: by its manage.py, or by ``python -m django`` where a server started us.

    ``python -m django`` takes the settings from ``environment_of`` and the project from the current directory.
    """
    script = Path(sys.argv[0])
    by_script = script.name == "manage.py" and script.is_file()
    head = [str(script.resolve())] if by_script else ["-m", "django"]
    return [sys.executable, *head, "loadtest", "--run", str(run_id)]


def environment_of() -> dict[str, str]:
    """Return this process's environment with its settings and what it can import beyond Python's own folders.

    Raises AttributeError when the settings are in no module, so that no other process can have them.
    """
    pythons = [Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = dict.fromkeys(Path(entry).resolve() for entry in sys.path if Path(entry).is_dir())
    paths = [str(folder) for folder in folders if not any(folder.is_relative_to(own) for own in pythons)]
    module = os.environ.get("DJANGO_SETTINGS_MODULE") or settings.SETTINGS_MODULE
    return {**os.environ, "DJANGO_SETTINGS_MODULE": module, "PYTHONPATH": os.pathsep.join(paths)}


def _death_signal() -> Callable[[], None] | None:
    """Return what a child runs between fork and exec; the library is loaded here, before the fork."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
