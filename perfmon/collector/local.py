"""The collector of a project without Valkey: a thread of the one process that serves."""

from __future__ import annotations

import threading
from typing import Any

from django.core.signals import request_started

from perfmon import guard
from perfmon.conf import get_config

_lock = threading.Lock()
_thread: threading.Thread | None = None


def start_when_serving() -> None:
    """Start the local collector with the first request, so that commands which serve nothing have none."""
    request_started.connect(_start, dispatch_uid="perfmon.collector.local")


def _start(**_: Any) -> None:
    request_started.disconnect(dispatch_uid="perfmon.collector.local")
    start_local_collector()


def start_local_collector() -> None:
    """Collect in a thread of this process unless there is Valkey or the settings say no; a second call does nothing."""
    global _thread
    config = get_config()
    if config.valkey_url or not config.local_collector:
        return
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_collect, name="perfmon-collect", daemon=True)
            _thread.start()


def _collect() -> None:
    from perfmon.collector.loop import make_loop

    never = threading.Event()
    with guard.guarded("local collector"):
        make_loop().run(never.wait)
