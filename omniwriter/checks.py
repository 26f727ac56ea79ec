"""System checks of the project's own settings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.db import OperationalError

from omniwriter.budget import Claim, configured_pool, overdraft, servers

MANIFEST = "staticfiles.json"


@register("omniwriter")
def check_statics(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """E001: what should be served from the collected static files was collected."""
    if not settings.STATIC_COLLECTED or (Path(settings.STATIC_ROOT) / MANIFEST).exists():
        return []
    message = f"OMNI_STATIC_COLLECTED is set, but {settings.STATIC_ROOT} holds no collected files."
    return [Error(message, hint="Run manage.py collectstatic, or unset it.", id="omniwriter.E001")]


@register("omniwriter")
def check_pool(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    """W001: every thread that works on a request can have a database connection."""
    pool = settings.DATABASES["default"].get("OPTIONS", {}).get("pool")
    if not pool or pool["max_size"] >= settings.HTTP_THREADS:
        return []
    message = f"{settings.HTTP_THREADS} threads share {pool['max_size']} database connections: requests will wait."
    hint = "Lower OMNI_HTTP_THREADS, or raise OMNI_DB_POOL_SIZE or OMNI_DB_POOL_OVERFLOW."
    return [CheckWarning(message, hint=hint, id="omniwriter.W001")]


@register(Tags.database)
def check_connection_budget(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """E002: the pools of all processes fit what the servers take; W002: a server could not be asked.

    Runs where databases are named, as in ``manage.py check --database default``.
    """
    claim = Claim("processes", max(1, settings.ENV["OMNI_PROCESSES"]), configured_pool())
    try:
        results = [overdraft(server, [claim]) for server in servers(databases or ())]
    except OperationalError as error:
        return [
            CheckWarning(
                f"A database server can't be asked how many connections it takes: {error}", id="omniwriter.W002"
            )
        ]
    return [Error(message, hint=hint, id="omniwriter.E002") for message, hint in results if message]
