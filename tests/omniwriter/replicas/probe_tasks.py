"""Tasks that say what they see; a worker of the tests loads them."""

from __future__ import annotations

from typing import Any

from celery import shared_task
from django.contrib.auth.models import Group

from omniwriter.replicas.health import replica_parts


@shared_task
def look(name: str) -> dict[str, Any]:
    """Tell whether a row is there and which server said so."""
    live = sum(part.check() for part in replica_parts())
    rows = Group.objects.filter(name=name)
    return {"found": rows.exists(), "db": rows.db, "live": live}


@shared_task
def make(name: str) -> None:
    """Write a row in the name of whoever sent the task."""
    Group.objects.using("default").create(name=name)


@shared_task
def look_later(name: str) -> dict[str, Any]:
    """Look, by a task that this one sends."""
    return look.apply_async((name,)).id
