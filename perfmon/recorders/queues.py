"""Celery's queues and workers: how many messages wait, and how many workers are there to take them.

Each worker says every few seconds that it is there. Lengths are read from the broker by one process of a host, a worker
or a collector, in a thread of its own, so that a broker that does not answer holds up nothing but its reading. Any
broker that can be asked for a queue's length will do (Valkey, Redis, RabbitMQ). Messages that a worker has fetched but
not begun are not in the queue any more.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable
from typing import Any

from perfmon import guard
from perfmon.conf import get_config
from perfmon.context import muted
from perfmon.ingest import ingest
from perfmon.recorders.host import HostLock
from perfmon.recorders.imports import forget, when_imported
from perfmon.recorders.tasks import SIGNALS
from perfmon.series import SeriesKey, Window

MAX_QUEUES = 20
NO_APP = "default"  # what Celery calls the app it makes up where the project has none
MAX_FOUND = 200  # readings, should a flush take them late
_UID = "perfmon.queues"


class QueueRecorder:
    """Reads every ``PERFMON["HOST_INTERVAL_S"]`` seconds, when the flush comes by; the next flush takes the answers."""

    def __init__(self) -> None:
        self._lock = HostLock("queues")
        self._due_s = 0.0
        self._found: deque[tuple[SeriesKey, Window]] = deque(maxlen=MAX_FOUND)
        self._asking: threading.Thread | None = None
        self._ready: Any = None  # Celery's signal
        self._worker: tuple[int, str, int] | None = None  # this process, its name among workers, tasks at once

    def install(self) -> None:
        """Hear of this process becoming a worker, as soon as the project has imported Celery."""
        when_imported(SIGNALS, self._connect)

    def uninstall(self) -> None:
        """Leave the reading to another process."""
        self._lock.release()
        forget(SIGNALS, self._connect)
        if self._ready is not None:
            self._ready.disconnect(dispatch_uid=_UID)

    def _connect(self, signals: Any) -> None:
        self._ready = signals.worker_ready
        self._ready.connect(self._is_worker, dispatch_uid=_UID, weak=False)

    def sample(self, second: int) -> Iterable[tuple[SeriesKey, Window]]:
        """Return that this worker is there and what the broker answered since, and ask again when that is due."""
        found = [self._found.popleft() for _ in range(len(self._found))]
        now_s = time.monotonic()
        if now_s < self._due_s:
            return found
        self._due_s = now_s + get_config().host_interval_s - 0.5  # flushes are a second apart
        worker = self._worker
        if worker is not None and worker[0] == os.getpid():  # a forked child is not the worker
            found.append((SeriesKey("worker", worker[1]), Window(1, 0, worker[2], worker[2])))
        elif not ingest.collecting:
            return found
        if not (self._asking is not None and self._asking.is_alive()) and self._lock.held():
            self._asking = threading.Thread(target=self._ask, name="perfmon-queues", daemon=True)
            self._asking.start()
        return found

    def _is_worker(self, sender: Any = None, **_: Any) -> None:
        with guard.guarded("worker"):
            name = str(getattr(sender, "hostname", "") or get_config().host)
            at_once = getattr(getattr(sender, "pool", None), "limit", None) or 1
            self._worker = (os.getpid(), name, int(at_once))
            ingest.start()  # a prefork worker's own process runs no task that would

    def _ask(self) -> None:
        with muted(), guard.guarded("queues"):
            for name, length in lengths().items():
                self._found.append((SeriesKey("queue_length", name), Window(1, 0, length, length)))


def lengths() -> dict[str, int]:
    """Return how many messages wait in each queue of the current Celery app; raises its broker's errors."""
    if SIGNALS not in sys.modules:
        return {}
    from celery import current_app

    if current_app.main == NO_APP or current_app.conf.task_always_eager:
        return {}
    with current_app.connection_for_read() as connection:
        return {name: _length(connection, name) for name in queue_names(current_app)[:MAX_QUEUES]}


def queue_names(app: Any) -> list[str]:
    """Return the queues an app's settings name: its own, those of its routes, those its schedule sends to."""
    conf = app.conf
    named = [conf.task_default_queue, *app.amqp.queues]
    routes = conf.task_routes if isinstance(conf.task_routes, dict) else {}
    named += [route.get("queue") if isinstance(route, dict) else route for route in routes.values()]
    named += [(entry.get("options") or {}).get("queue") for entry in (conf.beat_schedule or {}).values()]
    named += get_config().patient_queues
    return sorted({name for one in named if isinstance(name := getattr(one, "name", one), str)})


def _length(connection: Any, name: str) -> int:
    """Ask for a queue without making it: one that is not there has nothing in it (Redis forgets an empty list)."""
    with connection.channel() as channel:  # RabbitMQ closes a channel on which one was asked for that is not there
        try:
            return int(channel.queue_declare(queue=name, passive=True).message_count)
        except connection.channel_errors:
            return 0
