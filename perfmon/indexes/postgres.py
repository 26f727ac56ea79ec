"""The catalogue of a PostgreSQL and of the replicas that serve its reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db import Error, connections
from django.db.backends.utils import CursorWrapper

from perfmon.databases.sessions import asking, is_postgresql
from perfmon.indexes.catalogue import Catalogue, ForeignKey, Index, Table

TIMEOUT_MS = 15_000

_IDENTITY = """
SELECT /* perfmon */ pg_is_in_recovery(), (SELECT system_identifier FROM pg_control_system())::text,
    current_database()::text,
    coalesce((SELECT stats_reset FROM pg_stat_database WHERE datname = current_database()), pg_postmaster_start_time())
"""
# Indexes of partitions are part of the partitioned index and can't be dropped alone, so they are summed up.
_SCANS = """
SELECT /* perfmon */ coalesce(pg_partition_root(indexrelid::regclass), indexrelid::regclass)::oid::bigint,
    coalesce(sum(idx_scan), 0)::bigint, sum(pg_relation_size(indexrelid))::bigint
FROM pg_stat_user_indexes GROUP BY 1
"""
_INDEXES = """
SELECT /* perfmon */ i.oid::bigint, t.oid::regclass::text, i.oid::regclass::text,
    ARRAY(
        SELECT concat_ws(' ', pg_get_indexdef(i.oid, k, true), indclass[k - 1], indcollation[k - 1], indoption[k - 1])
        FROM generate_series(1, x.indnkeyatts) AS k
    ),
    ARRAY(SELECT pg_get_indexdef(i.oid, k, true) FROM generate_series(1, x.indnkeyatts) AS k),
    ARRAY(SELECT pg_get_indexdef(i.oid, k, true) FROM generate_series(x.indnkeyatts + 1, x.indnatts) AS k),
    am.amname::text, coalesce(pg_get_expr(x.indpred, x.indrelid), ''), x.indisunique,
    x.indisprimary OR x.indisexclusion OR x.indisreplident
        OR EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.oid AND c.contype IN ('p', 'u', 'x')),
    x.indisvalid AND x.indisready
        OR EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.oid),
    i.relkind = 'I'
FROM pg_index x
JOIN pg_class i ON i.oid = x.indexrelid
JOIN pg_class t ON t.oid = x.indrelid
JOIN pg_namespace n ON n.oid = t.relnamespace
JOIN pg_am am ON am.oid = i.relam
WHERE NOT i.relispartition AND left(n.nspname, 3) <> 'pg_' AND n.nspname <> 'information_schema'
ORDER BY 2, 3
"""
_TABLES = """
SELECT /* perfmon */ coalesce(pg_partition_root(relid::regclass), relid::regclass)::text, sum(n_live_tup)::bigint,
    sum(pg_relation_size(relid))::bigint, coalesce(sum(seq_scan), 0)::bigint, coalesce(sum(seq_tup_read), 0)::bigint,
    coalesce(sum(idx_scan), 0)::bigint
FROM pg_stat_user_tables GROUP BY 1 ORDER BY 1
"""
_FOREIGN_KEYS = """
SELECT /* perfmon */ t.oid::regclass::text, c.conname::text,
    ARRAY(
        SELECT quote_ident(a.attname) FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, at)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum ORDER BY k.at
    ),
    c.confrelid::regclass::text, t.relkind = 'p'
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE c.contype = 'f' AND NOT t.relispartition
ORDER BY 1, 2
"""


class Identity(NamedTuple):
    """Which cluster and database an alias leads to, and since when its statistics count."""

    is_replica: bool
    cluster: str
    database: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Replicas:
    """What the replicas counted: scans by alias and index, since when at least, and the aliases that did not answer."""

    scans: dict[str, dict[int, int]]
    since: datetime | None
    away: tuple[str, ...]


class IsReplicaError(Exception):
    """The alias leads to a replica, whose indexes are those of its primary."""


def read_catalogue(alias: str) -> tuple[Catalogue, tuple[str, ...]]:
    """Return a primary's catalogue, and the aliases that could not be asked; raises IsReplicaError, django.db.Error."""
    with asking(alias, timeout_ms=TIMEOUT_MS) as cursor:
        identity = _identity(cursor)
        if identity.is_replica:
            raise IsReplicaError(alias)
        indexes, tables, foreign_keys = _indexes(cursor), _tables(cursor), _foreign_keys(cursor)
    replicas = _replicas(alias, identity)
    rows = {table.name: table.rows for table in tables}
    catalogue = Catalogue(
        indexes=tuple(indexes.values()),
        foreign_keys=tuple(ForeignKey(*key[:4], rows.get(key[0]), key[4]) for key in foreign_keys),
        tables=tables,
        since=max(filter(None, (identity.since, replicas.since))),
        concurrently=" CONCURRENTLY",
        scans_elsewhere={
            replica: {index.name: scans.get(oid, 0) for oid, index in indexes.items()}
            for replica, scans in replicas.scans.items()
        },
    )
    return catalogue, replicas.away


def _identity(cursor: CursorWrapper) -> Identity:
    cursor.execute(_IDENTITY)
    return Identity(*cursor.fetchone())


def _replicas(alias: str, primary: Identity) -> Replicas:
    """Ask every other alias whether it is a replica of the same database, and what it scanned."""
    scans: dict[str, dict[int, int]] = {}
    begun: list[datetime] = []
    away: list[str] = []
    for other in connections:
        if other == alias or not is_postgresql(other):
            continue
        try:
            with asking(other, timeout_ms=TIMEOUT_MS) as cursor:
                found = _identity(cursor)
                if found.is_replica and found[1:3] == primary[1:3]:
                    scans[other] = {oid: counted for oid, (counted, _) in _scans(cursor).items()}
                    begun.append(found.since)
        except Error:
            away.append(other)
    return Replicas(scans, max(begun, default=None), tuple(away))


def _scans(cursor: CursorWrapper) -> dict[int, tuple[int, int]]:
    """Return scans and bytes of each index; they are the server's own, the indexes' numbers those of the primary."""
    cursor.execute(_SCANS)
    return {oid: (scans, size_bytes) for oid, scans, size_bytes in cursor.fetchall()}


def _indexes(cursor: CursorWrapper) -> dict[int, Index]:
    counted = _scans(cursor)
    cursor.execute(_INDEXES)
    found: dict[int, Index] = {}
    for oid, table, name, keys, columns, included, *rest in cursor.fetchall():
        index = Index(table, name, tuple(keys), tuple(columns), tuple(included), *rest)
        scans, size_bytes = counted.get(oid, (0, 0))
        found[oid] = replace(index, size_bytes=size_bytes, scans=scans)
    return found


def _tables(cursor: CursorWrapper) -> tuple[Table, ...]:
    cursor.execute(_TABLES)
    return tuple(Table(*row) for row in cursor.fetchall())


def _foreign_keys(cursor: CursorWrapper) -> list[tuple[str, str, tuple[str, ...], str, bool]]:
    cursor.execute(_FOREIGN_KEYS)
    return [(table, name, tuple(columns), to, split) for table, name, columns, to, split in cursor.fetchall()]
