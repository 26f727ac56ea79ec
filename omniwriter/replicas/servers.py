"""The replicas that the settings name."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

ENGINE = "omniwriter.replicas.backend"


@lru_cache(maxsize=1)
def replica_aliases() -> tuple[str, ...]:
    """Return the aliases of the replicas, in the order of their URLs."""
    return tuple(alias for alias, config in settings.DATABASES.items() if config.get("ENGINE") == ENGINE)
