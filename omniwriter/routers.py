"""Which database answers: the primary what is written and what must be exact, its replicas the other reads."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models.options import Options

from omniwriter.replicas import monitor, pins
from omniwriter.replicas.servers import replica_aliases

# Rows by which somebody is let in, kept out or answered a second time, and jobs, whose viewers hear of each change as
# it happens: those of a moment ago would be wrong.
EXACT_APPS = frozenset({"sessions", "admin", "axes"})
EXACT_MODELS = frozenset(
    {
        "auth.user", "auth.permission", "articles.accesstoken", "articles.idempotencykey", "articles.generationjob",
        "articles.providercall", "perfmon.apitoken",
    }
)  # fmt: skip


class PrimaryReplicaRouter:
    """Sends reads to replicas that keep up; docs/replicas.md says which. Without replicas it has no opinion."""

    def db_for_read(self, model: type[Any], **hints: Any) -> str | None:
        """Return the replica whose turn it is, or the primary when none may answer."""
        if not replica_aliases():
            return None
        monitor.ensure_started()
        if _is_exact(model._meta) or _in_transaction():  # noqa: SLF001  (Django's documented way)
            return DEFAULT_DB_ALIAS
        return pins.choose() or DEFAULT_DB_ALIAS

    def db_for_write(self, model: type[Any], **hints: Any) -> str | None:
        """Return the primary."""
        return DEFAULT_DB_ALIAS if replica_aliases() else None

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool | None:
        """Allow relations between rows whichever server they were read from: it is one database."""
        one = {DEFAULT_DB_ALIAS, *replica_aliases()}
        return True if {obj1._state.db, obj2._state.db} <= one else None  # noqa: SLF001  (Django's own way to ask)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Refuse migrations of replicas: they get them from the primary's log."""
        return False if db in replica_aliases() else None


def _is_exact(options: Options[Any]) -> bool:
    return options.app_label in EXACT_APPS or options.label_lower in EXACT_MODELS


def _in_transaction() -> bool:
    """Whether this thread is in a transaction on the primary, which alone sees what it has done so far."""
    primary = connections[DEFAULT_DB_ALIAS]
    return primary.in_atomic_block or (primary.connection is not None and not primary.autocommit)
