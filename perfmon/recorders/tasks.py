"""Celery tasks: run time, failures, retries and the wait in the queue, through Celery's own signals.

A message carries when it was sent and whose trace it is part of in its headers; the worker reads both when it takes the
task up, so the wait is that of two clocks, those of the sender's and the worker's host. A task that was sent with a
countdown or for a time waits from that time on. A message that was delivered again (its worker died) is counted as a
run, but its wait was counted before, or ended nobody knows when.

Without Celery nothing is imported and nothing is hooked. Works in prefork children, threads and eager runs alike: what
belongs to a run stands on the task's own request. Nothing in here raises into a task. It costs 2 us where a task is
sent and 4 us where it runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import get_ident
from time import perf_counter_ns
from typing import Any, cast

from perfmon import guard
from perfmon.context import carried, current, find_trace_id, new_trace_id, read_traceparent, write_traceparent
from perfmon.ingest import shards
from perfmon.recorders.durations import FOLD_AT, Durations
from perfmon.recorders.imports import forget, when_imported
from perfmon.series import OVERFLOW_KEY, SeriesKey, Window

SIGNALS = "celery.signals"
SENT_HEADER = "perfmon_sent_ns"
TRACE_HEADER = "traceparent"
OWN_TASKS = "perfmon."
LOST = ("WorkerLostError", "TimeLimitExceeded")  # raised by the worker for a process that can't say so itself
MAX_WAIT_NS = 90 * 86_400 * 10**9
_RUN = "_perfmon_run"
_UID = "perfmon.tasks"


class TaskSlot(Durations):
    """What one thread ran of one task from one queue this second. Durations in nanoseconds."""

    __slots__ = ("failures", "name", "queue", "retries", "runs", "waits")

    def __init__(self, name: str, queue: str) -> None:
        super().__init__()
        self.name, self.queue = name, queue
        self.runs = self.failures = self.retries = 0
        self.waits = Window()

    def add_run(self, duration_ns: int | None, state: str) -> None:
        """Count a run that ended in one of Celery's states; ``duration_ns`` None where only its loss is known."""
        self.runs += 1
        self.failures += state == "FAILURE"
        self.retries += state == "RETRY"
        if duration_ns is not None:
            self.values.append(duration_ns)
            if len(self.values) >= FOLD_AT:
                self.fold()

    def series(self) -> Iterable[tuple[SeriesKey, Window]]:
        """Return the task's windows, and its share of its queue's."""
        if self.runs:
            yield SeriesKey("task", self.name), self.window(self.runs, self.failures)
        if self.retries:
            yield SeriesKey("task_retry", self.name), Window(self.retries)
        if self.waits.count:
            yield SeriesKey("task_wait", self.name), self.waits.copy()
            yield SeriesKey("queue_wait", self.queue), self.waits


class TaskRecorder:
    """Listens to Celery in every process that has it: those that send tasks and those that run them."""

    def __init__(self) -> None:
        self._signals: Any = None

    def install(self) -> None:
        """Connect to Celery's signals, as soon as the project has imported it."""
        when_imported(SIGNALS, self._connect)

    def uninstall(self) -> None:
        """Disconnect from them."""
        forget(SIGNALS, self._connect)
        if self._signals is not None:
            for name in RECEIVERS:
                getattr(self._signals, name).disconnect(dispatch_uid=_UID)

    def _connect(self, signals: Any) -> None:
        self._signals = signals
        for name, receiver in RECEIVERS.items():
            getattr(signals, name).connect(receiver, dispatch_uid=_UID, weak=False)


def _sent(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Mark a message with when it was sent, and with the trace it is part of."""
    try:
        if headers is not None:
            headers[SENT_HEADER] = time.time_ns()
            if not read_traceparent(str(headers.get(TRACE_HEADER, ""))):
                headers[TRACE_HEADER] = write_traceparent(find_trace_id() or new_trace_id())
    except Exception as error:
        guard.count_failure("task", error)


def _begun(task: Any, **_: Any) -> None:
    """Take the trace up for as long as the task runs, and count how long it had waited."""
    try:
        request = task.request
        trace_id = read_traceparent(str(getattr(request, TRACE_HEADER, None) or ""))
        token = carried.set(trace_id or find_trace_id() or new_trace_id())
        setattr(request, _RUN, (perf_counter_ns(), token))
        wait_ns = _waited_ns(request)
        if wait_ns is not None:
            _count(task.name, _queue_of(request), wait_ns=wait_ns)
    except Exception as error:
        guard.count_failure("task", error)


def _ended(task: Any, state: str | None = None, **_: Any) -> None:
    """Count the run, whatever it came to."""
    ended_ns = perf_counter_ns()
    try:
        request = task.request
        begun = vars(request).pop(_RUN, None)
        if begun is not None:
            carried.reset(begun[1])
            _count(task.name, _queue_of(request), state=state or "", duration_ns=ended_ns - begun[0])
    except Exception as error:
        guard.count_failure("task", error)


def _lost(sender: Any = None, exception: BaseException | None = None, **_: Any) -> None:
    """Count a run whose process was killed, of which only the worker's own process can tell."""
    if type(exception).__name__ in LOST and sender is not None:
        try:
            _count(sender.name, _queue_of(sender.request), state="FAILURE")
        except Exception as error:
            guard.count_failure("task", error)


def _count(
    name: str, queue: str, *, wait_ns: int | None = None, state: str = "", duration_ns: int | None = None
) -> None:
    """Add to this thread's slot of the task: its wait, or its end."""
    trace = current.get()
    if name.startswith(OWN_TASKS) or (trace is not None and trace.muted):
        return
    shard = shards[get_ident()]
    shard.writes += 1
    try:
        slot = cast("TaskSlot | None", shard.slots.get(("task", name, queue))) or shard.slot(
            ("task", name, queue),
            lambda: TaskSlot(name, queue),
            ("task", OVERFLOW_KEY, OVERFLOW_KEY),
            lambda: TaskSlot(OVERFLOW_KEY, OVERFLOW_KEY),
        )
        if wait_ns is None:
            slot.add_run(duration_ns, state)
        else:
            slot.waits.add(wait_ns)
    finally:
        shard.writes += 1


def _waited_ns(request: Any) -> int | None:
    """Return how long a message lay in its queue; None for one that was delivered again or doesn't say."""
    sent_ns = getattr(request, SENT_HEADER, None)
    if not isinstance(sent_ns, int) or request.is_eager or (request.delivery_info or {}).get("redelivered"):
        return None
    if request.eta:
        due = datetime.fromisoformat(request.eta) if isinstance(request.eta, str) else request.eta
        due = due if due.tzinfo is not None else due.replace(tzinfo=UTC)
        sent_ns = max(sent_ns, int(due.timestamp() * 1e9))
    wait_ns = max(0, time.time_ns() - sent_ns)  # two hosts' clocks differ by more than a short wait
    return wait_ns if wait_ns <= MAX_WAIT_NS else None


def _queue_of(request: Any) -> str:
    """Return the queue a message came from: its routing key, which is the queue's name but for topic exchanges."""
    return str((request.delivery_info or {}).get("routing_key") or OVERFLOW_KEY)


RECEIVERS: dict[str, Callable[..., None]] = {
    "before_task_publish": _sent,
    "task_prerun": _begun,
    "task_postrun": _ended,
    "task_failure": _lost,
}
