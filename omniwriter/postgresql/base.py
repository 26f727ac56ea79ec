"""The database wrapper: Django's, with our pool."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base

from omniwriter.postgresql.pool import Pool


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection to PostgreSQL; its pool takes the options that Django's takes."""

    _connection_pools: dict[str, Any]

    @property
    def pool(self) -> Pool | None:
        """The pool of this alias in this process, not yet open; None without OPTIONS["pool"]."""
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            kwargs = self.get_connection_params() | {"autocommit": True}
            new = Pool(kwargs=kwargs, configure=self._configure_connection, **options)  # type: ignore[attr-defined]
            self._connection_pools.setdefault(self.alias, new)
        pool: Pool = self._connection_pools[self.alias]
        return pool
