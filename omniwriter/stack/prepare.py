"""What must be done before the first page: tables, static files, the first account, something to read."""

from __future__ import annotations

import hashlib
import json
import secrets
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.core.checks import Error, run_checks
from django.core.management import call_command, get_commands
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.migrations.executor import MigrationExecutor

from omniwriter.budget import Claim, overdraft, servers
from omniwriter.stack.errors import StackError
from omniwriter.stack.service import Running, Service

ADMIN = "admin"
CHECKED = ("perfmon", "omniwriter", "database")
STARTER_COMMAND = "load_starter"


@dataclass(frozen=True, slots=True)
class Account:
    """The administrator's account: whether it was made now, and the password to show, if we chose it."""

    created: bool
    shown_password: str = ""


def check_settings() -> None:
    """Raise StackError with what the system checks found wrong with the settings."""
    errors = [found for found in run_checks(tags=CHECKED) if isinstance(found, Error)]
    if errors:
        raise StackError("\n".join(f"{error.msg} {error.hint or ''}".rstrip() for error in errors))


def migrate_database() -> bool:
    """Bring the tables up to date; tell whether there was anything to do. Raises StackError without a database."""
    connection = connections[DEFAULT_DB_ALIAS]
    try:
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        advice = "Check DATABASE_URL and the rights of its files."
        raise StackError(f"The database can't be used: {str(error).strip()}. {advice}") from error
    return True


def check_budget(claims: Sequence[Claim], aliases: Iterable[str]) -> None:
    """Raise StackError with the sums when all processes together may open more connections than a server takes.

    A server that is away is left out: a replica may be.
    """
    for message, hint in (overdraft(server, claims) for server in servers(aliases, missing_ok=True)):
        if message:
            raise StackError(f"{message} {hint}")


def leave_databases() -> None:
    """Close every connection of this process, also those that wait in a pool."""
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def ensure_admin(password: str) -> Account:
    """Make the account ``admin`` unless there is an administrator, with the password given or one of our own."""
    users = get_user_model()._default_manager  # noqa: SLF001  (Django's documented name)
    if users.filter(is_superuser=True).exists():
        return Account(created=False)
    chosen = password or secrets.token_urlsafe(12)
    users.create_superuser(ADMIN, "", chosen)
    return Account(created=True, shown_password="" if password else chosen)


def load_starter() -> None:
    """Load the starter articles, where an app brings them."""
    if STARTER_COMMAND in get_commands():
        call_command(STARTER_COMMAND, verbosity=0)


def collecting(env: Mapping[str, str]) -> Service | None:
    """Return what collects the static files, to run beside the rest; None when nothing changed since the last time."""
    if _digest_file().exists() and _digest_file().read_text() == statics_digest():
        return None
    _digest_file().unlink(missing_ok=True)
    command = (sys.executable, "manage.py", "collectstatic", "--no-input", "--clear", "--verbosity", "0")
    return Service("static", command, env=env, cwd=settings.BASE_DIR)


def finish_collecting(running: Running) -> None:
    """Wait for the static files; raises StackError with the reason when they could not be collected."""
    if running.child.wait():
        raise StackError(f"The static files could not be collected:\n{running.last_lines()}")
    running.bury()
    _digest_file().write_text(statics_digest())


def statics_digest() -> str:
    """Return a digest of every source file's name, size and time, and of what writes the collected ones."""
    digest = hashlib.sha256(json.dumps([version(name) for name in ("django", "servestatic", "brotli")]).encode())
    for finder in finders.get_finders():
        for path, storage in sorted(finder.list(None), key=lambda item: item[0]):
            status = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _digest_file() -> Path:
    return Path(settings.VAR_DIR) / "static.digest"
