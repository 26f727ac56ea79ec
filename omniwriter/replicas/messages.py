"""What a task's message carries, so that the task sees what its sender committed, and whose work it does."""

from __future__ import annotations

from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from omniwriter.replicas import pins
from omniwriter.replicas.lsn import format_lsn, parse_lsn

HEADER = "omni_committed"
OWNER_HEADER = "omni_owner"
_BEGUN = "omniwriter_work"


def carry() -> None:
    """Have messages carry it from now on."""
    before_task_publish.connect(_pack, dispatch_uid="omniwriter.replicas")
    task_prerun.connect(_begin, dispatch_uid="omniwriter.replicas")
    task_postrun.connect(_end, dispatch_uid="omniwriter.replicas")


def _pack(headers: dict[str, Any], **_: Any) -> None:
    work = pins.current()
    if work is None:
        return
    place = work.carried()
    if place:
        headers[HEADER] = format_lsn(place)
    if work.owner:
        headers[OWNER_HEADER] = work.owner


def _begin(task: Any, **_: Any) -> None:
    if task.request.is_eager and pins.current() is not None:
        return  # it is a part of its sender's work
    place = getattr(task.request, HEADER, None)
    owner = getattr(task.request, OWNER_HEADER, None) or ""
    work = pins.Work(needs=parse_lsn(place) if place else 0, whole=True, owner=owner)
    setattr(task.request, _BEGUN, pins.enter(work))


def _end(task: Any, **_: Any) -> None:
    begun = getattr(task.request, _BEGUN, None)
    if begun is not None:
        pins.leave(begun)
