"""The statements a PostgreSQL spent its time on, from its extension pg_stat_statements.

Read are those of this database, and of this role unless it is a superuser: PostgreSQL hides the texts of others.
Of any number of statements a bounded number comes back: the first ``HELD`` in each order the page can show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from django.db import Error, connections
from django.db.backends.utils import CursorWrapper

from perfmon.databases.sessions import asking, is_postgresql, sqlstate_of

TIMEOUT_MS = 2_000
HELD = 50
READ_CHARS = 4_000  # of a text; a longer one is cut


class State(StrEnum):
    """Whether there are figures, and why there are none."""

    OK = "ok"
    OTHER_VENDOR = "other_vendor"
    NOT_CREATED = "not_created"
    NOT_LOADED = "not_loaded"
    DENIED = "denied"
    SLOW = "slow"
    AWAY = "away"


class Statement(NamedTuple):
    """One normalised statement since ``Statements.since``; sizes in bytes, blocks are those of the shared buffers."""

    id: int
    text: str
    calls: int
    total_ms: float
    max_ms: float
    rows: int
    hit_blocks: int
    read_blocks: int
    read_bytes: int

    @property
    def mean_ms(self) -> float:
        """How long it took on average."""
        return self.total_ms / self.calls if self.calls else 0.0

    @property
    def hit_pct(self) -> float | None:
        """Share of blocks that were in the shared buffers; None when it touched none."""
        blocks = self.hit_blocks + self.read_blocks
        return 100 * self.hit_blocks / blocks if blocks else None


@dataclass(frozen=True, slots=True)
class Statements:
    """One reading. ``total_ms`` and ``count`` are of all statements, not just of those held.

    ``role``: whose statements they are; empty when everyone's.
    """

    state: State
    since: datetime | None = None
    total_ms: float = 0.0
    count: int = 0
    role: str = ""
    is_replica: bool = False
    statements: tuple[Statement, ...] = ()


_ABOUT = """
SELECT /* perfmon */ e.extnamespace::regnamespace::text, current_setting('is_superuser') = 'on', current_user::text,
    pg_is_in_recovery()
FROM (SELECT 1) AS one LEFT JOIN pg_extension e ON e.extname = 'pg_stat_statements'
"""
# Rows of one statement differ by role and by whether a function ran it; to the reader they are one.
_TOP = """
WITH mine AS ( /* perfmon */
    SELECT s.queryid, min(left(s.query, %(chars)s)) AS query, sum(s.calls)::bigint AS calls,
        sum(s.total_exec_time) AS total_ms, max(s.max_exec_time) AS max_ms, sum(s.rows)::bigint AS rows,
        sum(s.shared_blks_hit)::bigint AS hits, sum(s.shared_blks_read)::bigint AS reads,
        sum(s.shared_blks_read + s.temp_blks_read + s.temp_blks_written)::bigint
            * current_setting('block_size')::bigint AS read_bytes
    FROM {schema}.pg_stat_statements s
    WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND (%(everyone)s OR s.userid = (SELECT oid FROM pg_roles WHERE rolname = current_user))
        AND s.calls > 0
    GROUP BY s.queryid
), ranked AS (
    SELECT *, sum(total_ms) OVER () AS everything_ms, count(*) OVER () AS everything,
        row_number() OVER (ORDER BY total_ms DESC) AS by_total,
        row_number() OVER (ORDER BY total_ms / calls DESC) AS by_mean,
        row_number() OVER (ORDER BY calls DESC) AS by_calls,
        row_number() OVER (ORDER BY rows DESC) AS by_rows,
        row_number() OVER (ORDER BY read_bytes DESC) AS by_read
    FROM mine
)
SELECT queryid, query, calls, total_ms, max_ms, rows, hits, reads, read_bytes, everything_ms, everything
FROM ranked WHERE least(by_total, by_mean, by_calls, by_rows, by_read) <= %(held)s
ORDER BY total_ms DESC
"""
_SINCE = "SELECT /* perfmon */ stats_reset FROM {schema}.pg_stat_statements_info"
_STATES = {"55000": State.NOT_LOADED, "42501": State.DENIED, "57014": State.SLOW, "55P03": State.SLOW}


def read_statements(alias: str) -> Statements:
    """Ask one database, for ``TIMEOUT_MS`` a statement at most; what keeps it from answering is its ``state``."""
    if not is_postgresql(alias):
        return Statements(State.OTHER_VENDOR)
    try:
        with asking(alias, timeout_ms=TIMEOUT_MS) as cursor:
            return _read(cursor)
    except Error as error:
        return Statements(_STATES.get(sqlstate_of(error), State.AWAY), role=_role_of(alias))


def _read(cursor: CursorWrapper) -> Statements:
    cursor.execute(_ABOUT)
    schema, everyone, role, is_replica = cursor.fetchone() or (None, False, "", False)
    if schema is None:
        return Statements(State.NOT_CREATED, is_replica=is_replica)
    cursor.execute(_TOP.format(schema=schema), {"chars": READ_CHARS, "everyone": everyone, "held": HELD})
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    cursor.execute(_SINCE.format(schema=schema))
    (since,) = cursor.fetchone() or (None,)
    everything_ms, everything = rows[0][-2:] if rows else (0.0, 0)
    return Statements(
        State.OK,
        since=since,
        total_ms=everything_ms,
        count=everything,
        role="" if everyone else role,
        is_replica=is_replica,
        statements=tuple(Statement(*row[:-2]) for row in rows),
    )


def _role_of(alias: str) -> str:
    return str(connections[alias].settings_dict.get("USER") or "")
