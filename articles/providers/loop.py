"""One event loop in a thread of its own, on which this process talks to providers; started when first used."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

Result = TypeVar("Result")

_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def submit(work: Coroutine[Any, Any, Result]) -> Future[Result]:
    """Start ``work`` on the loop; to cancel the future cancels it there."""
    return asyncio.run_coroutine_threadsafe(work, running_loop())


def running_loop() -> asyncio.AbstractEventLoop:
    """Return this process's loop."""
    global _loop
    with _lock:
        if _loop is None or _loop.is_closed():
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="providers", daemon=True).start()
        return _loop


def _forget() -> None:
    """Begin anew in a forked process: its parent's thread is not there, and its lock may be held for ever."""
    global _lock, _loop
    _lock, _loop = threading.Lock(), None


os.register_at_fork(after_in_child=_forget)
