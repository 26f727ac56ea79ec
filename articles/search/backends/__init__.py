"""The search backends on the site's own database; modelsearch takes the one that fits it from here."""

from __future__ import annotations

from typing import Any

from django.db import connection

from articles.search.backends.base import BoundedBackend


def SearchBackend(params: dict[str, Any]) -> BoundedBackend:  # noqa: N802 - the name modelsearch looks for
    """Return the backend for the default database."""
    if connection.vendor == "postgresql":
        from articles.search.backends.postgresql import PostgresqlBackend

        return PostgresqlBackend(params)
    from articles.search.backends.sqlite import SqliteBackend

    return SqliteBackend(params)
