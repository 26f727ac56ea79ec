"""Where the live path's blocking work runs: two threads of its own, so that it never waits behind requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from channels.db import database_sync_to_async

from perfmon.context import muted

THREADS = 2

Args = ParamSpec("Args")
Result = TypeVar("Result")

pool = ThreadPoolExecutor(THREADS, thread_name_prefix="perfmon-live")


def in_thread(work: Callable[Args, Result]) -> Callable[Args, Awaitable[Result]]:
    """Return ``work`` as something to await; its queries are left out of the measurements, its connections closed."""

    def quietly(*args: Args.args, **kwargs: Args.kwargs) -> Result:
        with muted():
            return work(*args, **kwargs)

    return database_sync_to_async(quietly, thread_sensitive=False, executor=pool)  # type: ignore[no-any-return]
