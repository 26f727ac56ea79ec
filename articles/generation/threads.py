"""Where the blocking work for viewers runs: two threads of its own, so that it never waits behind requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

THREADS = 2

Args = ParamSpec("Args")
Result = TypeVar("Result")

pool = ThreadPoolExecutor(THREADS, thread_name_prefix="generation-viewers")


def in_thread(work: Callable[Args, Result]) -> Callable[Args, Awaitable[Result]]:
    """Return ``work`` as something to await; connections to the database are closed when they are too old."""
    return database_sync_to_async(work, thread_sensitive=False, executor=pool)  # type: ignore[no-any-return]
