"""The budget of database connections: what all processes may open at once must fit what each server takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import OperationalError, connections

LIMITS = """
    SELECT current_setting('max_connections')::int,
           current_setting('superuser_reserved_connections')::int
           + coalesce(current_setting('reserved_connections', true), '0')::int,
           pg_postmaster_start_time()::text || ' ' || current_setting('port')
"""


@dataclass(frozen=True, slots=True)
class Pool:
    """What one process may open to one database: connections it should do with, and those beyond."""

    size: int
    overflow: int

    @property
    def most(self) -> int:
        """All of them; one at least."""
        return max(1, self.size + self.overflow)

    def within(self, most: int) -> Pool:
        """Return the pool as far as it fits into so many connections."""
        size = min(self.size, most)
        return Pool(size, min(self.overflow, most - size))

    def environment(self) -> dict[str, str]:
        """Return the variables that give a process this pool."""
        return {"OMNI_DB_POOL_SIZE": str(self.size), "OMNI_DB_POOL_OVERFLOW": str(self.overflow)}


@dataclass(frozen=True, slots=True)
class Claim:
    """What processes of one kind may open to each database."""

    kind: str
    processes: int
    pool: Pool

    @property
    def connections(self) -> int:
        """All their connections to one database."""
        return self.processes * self.pool.most

    def __str__(self) -> str:
        return f"{self.processes} {self.kind} × ({self.pool.size} + {self.pool.overflow})"


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server, the aliases of the databases on it, and the connections it takes."""

    aliases: tuple[str, ...]
    max_connections: int
    reserved: int

    @property
    def available(self) -> int:
        """The connections that are not kept for superusers."""
        return self.max_connections - self.reserved


def configured_pool() -> Pool:
    """Return the pool that the settings give each process."""
    return Pool(settings.ENV["OMNI_DB_POOL_SIZE"], settings.ENV["OMNI_DB_POOL_OVERFLOW"])


def servers(aliases: Iterable[str], *, missing_ok: bool = False) -> list[Server]:
    """Ask the servers behind the aliases that have a pool; two databases of one server are one item.

    Raises OperationalError when one can't be asked, or leaves it out.
    """
    found: dict[str, Server] = {}
    for alias in aliases:
        connection = connections[alias]
        if connection.vendor != "postgresql" or not connection.settings_dict["OPTIONS"].get("pool"):
            continue
        try:
            with connection.cursor() as cursor:
                cursor.execute(LIMITS)
                most, reserved, identity = cursor.fetchone()
        except OperationalError:
            if missing_ok:
                continue
            raise
        others = found[identity].aliases if identity in found else ()
        found[identity] = Server((*others, alias), most, reserved)
    return list(found.values())


def overdraft(server: Server, claims: Sequence[Claim]) -> tuple[str, str]:
    """Return what is wrong with the sums, and the fix; two empty texts when all fits.

    The first claim is the one that the settings govern.
    """
    databases = len(server.aliases)
    wanted = databases * sum(claim.connections for claim in claims)
    if wanted <= server.available:
        return "", ""
    names = ", ".join(server.aliases)
    sums = " + ".join(map(str, claims))
    times = f"{databases} databases × ({sums})" if databases > 1 else sums
    message = (
        f"The processes may open more connections than the PostgreSQL server of {names} takes: {times} = {wanted}, but "
        f"it takes {server.max_connections} less {server.reserved} reserved = {server.available}."
    )
    first, *others = claims
    left = server.available // databases - sum(claim.connections for claim in others)
    each = left // first.processes
    raising = f"max_connections of the server to {wanted + server.reserved} or more"
    if each < 1:
        return message, f"Start fewer processes, or set {raising}."
    wants = " and ".join(f"{name}={value}" for name, value in first.pool.within(each).environment().items())
    return message, f"Set {wants}, or start fewer processes, or set {raising}."
