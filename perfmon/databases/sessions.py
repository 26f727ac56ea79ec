"""Asking a database about itself: read-only, with short limits, on the connection of this thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import Error, connections, transaction
from django.db.backends.utils import CursorWrapper

from perfmon.databases.shortening import OWN

LOCK_TIMEOUT_MS = 500


@contextmanager
def asking(alias: str, *, timeout_ms: int) -> Iterator[CursorWrapper]:
    """Give a cursor on PostgreSQL in a transaction that can't write; a statement has ``timeout_ms`` at most."""
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        cursor.execute(f"SET TRANSACTION READ ONLY {OWN}")
        cursor.execute(f"SET LOCAL statement_timeout = {int(timeout_ms)} {OWN}")
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS} {OWN}")
        yield cursor


def is_postgresql(alias: str) -> bool:
    """Tell whether the alias is a PostgreSQL, without connecting to it."""
    return connections[alias].vendor == "postgresql"


def sqlstate_of(error: Error) -> str:
    """Return the five characters by which PostgreSQL names a fault; empty when it is not the server's."""
    return getattr(error.__cause__, "sqlstate", None) or ""
