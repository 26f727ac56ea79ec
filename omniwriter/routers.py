"""Which database answers: the primary what is written and what must be exact, its replicas the other reads."""

from __future__ import annotations

from typing import Any

from django.db import DEFAULT_DB_ALIAS

from omniwriter.replicas.servers import replica_aliases


class PrimaryReplicaRouter:
    """Sends reads to replicas that keep up; docs/replicas.md says which. Without replicas it has no opinion."""

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
