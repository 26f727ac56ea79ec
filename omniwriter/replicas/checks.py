"""System checks: replicas that can't be what the settings call them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import DEFAULT_DB_ALIAS, connections

from omniwriter.replicas.servers import replica_aliases

HINT = "DATABASE_REPLICA_URLS names streaming replicas of DATABASE_URL, each once. docs/replicas.md has an example."


@register("omniwriter")
def check_replicas(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """E011: replicas without PostgreSQL. E012: one is the primary. E013: one is named twice. E014: another database."""
    configs = {alias: connections.settings[alias] for alias in replica_aliases()}
    primary = connections.settings[DEFAULT_DB_ALIAS]
    if not configs:
        return []
    if not primary["ENGINE"].endswith("postgresql"):
        return [_error("E011", "DATABASE_REPLICA_URLS is set, but DATABASE_URL is no PostgreSQL: it has no replicas.")]
    found: list[CheckMessage] = []
    seen = {_server(primary): DEFAULT_DB_ALIAS}
    for alias, config in configs.items():
        there = seen.setdefault(_server(config), alias)
        if there == DEFAULT_DB_ALIAS:
            found.append(_error("E012", f"{alias} is the primary itself."))
        elif there != alias:
            found.append(_error("E013", f"{alias} is the same server as {there}: it would read twice its share."))
        if config["NAME"] != primary["NAME"]:
            found.append(_error("E014", f"{alias} reads the database {config['NAME']!r}, not {primary['NAME']!r}."))
    return found


def _error(number: str, message: str) -> Error:
    return Error(message, hint=HINT, id=f"omniwriter.{number}")


def _server(config: Mapping[str, Any]) -> tuple[str, int]:
    return (config["HOST"] or "localhost").lower().replace("127.0.0.1", "localhost"), int(config["PORT"] or 5432)
