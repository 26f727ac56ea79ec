"""Tasks that end in every way there is; a worker of the tests loads them."""

from __future__ import annotations

import time
from typing import Any

from celery import shared_task

from perfmon.context import trace_id


@shared_task
def look(sleep_s: float = 0.0) -> str:
    """Return the trace this run is part of."""
    time.sleep(sleep_s)
    return trace_id()


@shared_task
def look_later() -> str:
    """Return the id of a task that this one sends."""
    return str(look.delay().id)


@shared_task
def fail() -> None:
    """Raise."""
    raise ValueError("as it should")


@shared_task(bind=True, max_retries=2)
def retry_once(self: Any) -> str:
    """Ask for another run, and end well in that."""
    if not self.request.retries:
        raise self.retry(countdown=0)
    return trace_id()
