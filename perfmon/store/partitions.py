"""Partitions of the rollup tables on PostgreSQL: made before they are needed, dropped whole when their time is over.

A partition holds a stretch of ``LENGTHS_S`` on the grid of Unix time and is named after its first day. There is no
default partition: with one, a partition can't be detached while the table is in use, and the newest row can't be found
in the newest partition alone. So the writer makes sure of the partition first (``make_sure``), whatever the time.

Everything is done under an advisory lock of the database, so two collectors never make or drop the same one. The role
that collects must own the tables, as it does when it also migrates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from django.db import connections, router, transaction
from django.db.backends.utils import CursorWrapper

from perfmon.databases.shortening import OWN
from perfmon.models import DayRollup, HourRollup, MinuteRollup, Rollup
from perfmon.store.ranges import DAY

# About as many rows in each: 1,440, 720 and 365 a series. 92 + 26 + 4 partitions with the budgets' retention, which
# is kept to within one of them: a day too long for minutes, a month for hours.
LENGTHS_S: dict[type[Rollup], int] = {MinuteRollup: DAY, HourRollup: 30 * DAY, DayRollup: 365 * DAY}
DROPS_A_CALL = 30
LOCK_TIMEOUT_MS = 2_000  # the tables are in use; what has to wait longer is done in the next round
LOCK_KEY = 7_264_533_109  # any number that no other program takes for an advisory lock
EXPIRED = "perfmon: past its retention"  # the comment of what may be dropped, should a round end half-way

_BOUNDS = re.compile(r"FROM \('?(-?\d+)'?\) TO \('?(-?\d+)'?\)")
_known: set[tuple[str, str]] = set()


class Partition(NamedTuple):
    """One partition: it holds ``[since, until)`` in Unix s; ``detaching`` when that was begun and not ended."""

    name: str
    since: int
    until: int
    detaching: bool


def is_partitioned(using: str) -> bool:
    """Tell whether the rollup tables are partitioned there: on PostgreSQL, once their migration has run."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        return _finds(cursor, "SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", _table(MinuteRollup))


def make_sure(using: str, model: type[Rollup], start: int) -> None:
    """Make the partition that ``start`` (Unix s) falls into, unless it is there; remembered, so a write costs nothing.

    Raises OperationalError when the tables stay locked.
    """
    name = partition_name(model, start)
    if (using, name) in _known:
        return
    if is_partitioned(using):
        _make(using, model, start)
    _known.add((using, name))


def make_ahead(now: float) -> None:
    """Make each table's partition of ``now`` (Unix s) and the one after it, where the rollups are written."""
    using = router.db_for_write(MinuteRollup)
    for model, length_s in LENGTHS_S.items():
        for start in (int(now), int(now) + length_s):
            make_sure(using, model, start)


def forget() -> None:
    """Forget which partitions exist, because somebody may have dropped one."""
    _known.clear()


def drop_old(using: str, before: Mapping[type[Rollup], int]) -> int:
    """Drop the partitions that end by the table's time (Unix s); returns how many, ``DROPS_A_CALL`` a table at most.

    Does nothing while another process is at it. Raises OperationalError when a table stays locked; the next call
    begins where this one ended.
    """
    dropped = 0
    with connections[using].cursor() as cursor, _alone(using, cursor) as alone:
        for model, time in before.items() if alone else ():
            for name in _left_over(cursor, model):
                cursor.execute(f'DROP TABLE "{name}"')
            old = [one for one in partitions_of(cursor, model) if one.until <= time][:DROPS_A_CALL]
            aside = bool(old) and _can_detach(using, cursor, model)
            for one in old:
                if aside:
                    _take_out(cursor, model, one)
                cursor.execute(f'DROP TABLE "{one.name}"')
                dropped += 1
    if dropped:
        forget()
    return dropped


def partitions_of(cursor: CursorWrapper, model: type[Rollup]) -> list[Partition]:
    """Return the table's partitions, the oldest first; one without bounds, which perfmon never makes, is left out."""
    cursor.execute(
        "SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), i.inhdetachpending "
        "FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = to_regclass(%s)",
        [_table(model)],
    )
    rows = [(name, _BOUNDS.search(bound or ""), detaching) for name, bound, detaching in cursor.fetchall()]
    found = [Partition(name, int(limits[1]), int(limits[2]), detaching) for name, limits, detaching in rows if limits]
    return sorted(found, key=lambda one: one.since)


def partition_name(model: type[Rollup], start: int) -> str:
    """Return the name of the partition that ``start`` (Unix s) falls into."""
    return f"{_table(model)}_{datetime.fromtimestamp(_since(model, start), UTC):%Y%m%d}"


def _make(using: str, model: type[Rollup], start: int) -> None:
    name, table, since = partition_name(model, start), _table(model), _since(model, start)
    with connections[using].cursor() as cursor:
        if _is_there(cursor, name):
            return
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])
        if not _is_there(cursor, name):
            # Attached rather than made in place, which would lock out the readers of the whole table.
            cursor.execute(f'CREATE TABLE "{name}" (LIKE "{table}" INCLUDING STORAGE)')
            bounds = f"FROM ({since}) TO ({since + LENGTHS_S[model]})"
            cursor.execute(f'ALTER TABLE "{table}" ATTACH PARTITION "{name}" FOR VALUES {bounds}')


def _can_detach(using: str, cursor: CursorWrapper, model: type[Rollup]) -> bool:
    """PostgreSQL does it concurrently outside of transactions only, and not beside a default partition."""
    has_default = "SELECT partdefid <> 0 FROM pg_partitioned_table WHERE partrelid = to_regclass(%s)"
    return not connections[using].in_atomic_block and not _finds(cursor, has_default, _table(model))


def _take_out(cursor: CursorWrapper, model: type[Rollup], one: Partition) -> None:
    """Make a partition a table of its own while the others are read and written."""
    cursor.execute(f"COMMENT ON TABLE \"{one.name}\" IS '{EXPIRED}'")
    how = "FINALIZE" if one.detaching else "CONCURRENTLY"
    cursor.execute(f'ALTER TABLE "{_table(model)}" DETACH PARTITION "{one.name}" {how}')


def _left_over(cursor: CursorWrapper, model: type[Rollup]) -> list[str]:
    """Return tables that an earlier round took out and could not drop."""
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition "
        "AND relname LIKE %s AND obj_description(oid, 'pg_class') = %s AND pg_table_is_visible(oid)",
        [f"{_table(model).replace('_', chr(92) + '_')}{chr(92)}_%", EXPIRED],
    )
    return [name for (name,) in cursor.fetchall()]


@contextmanager
def _alone(using: str, cursor: CursorWrapper) -> Iterator[bool]:
    """Hold the lock, unless another process holds it; nothing inside waits for a table longer than LOCK_TIMEOUT_MS."""
    if connections[using].in_atomic_block:
        cursor.execute(f"SET LOCAL lock_timeout = {LOCK_TIMEOUT_MS}")
        yield _finds(cursor, "SELECT pg_try_advisory_xact_lock(%s)", LOCK_KEY)
        return
    alone = _finds(cursor, "SELECT pg_try_advisory_lock(%s)", LOCK_KEY)
    try:
        if alone:
            cursor.execute(f"SET lock_timeout = {LOCK_TIMEOUT_MS}")
        yield alone
    finally:
        if alone:
            cursor.execute("RESET lock_timeout")
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_KEY])


def _is_there(cursor: CursorWrapper, name: str) -> bool:
    return _finds(cursor, "SELECT relispartition FROM pg_class WHERE oid = to_regclass(%s)", name)


def _finds(cursor: CursorWrapper, question: str, about: str | int) -> bool:
    """Return the one truth value that a statement asks for; none is no."""
    cursor.execute(f"{question} {OWN}", [about])
    row = cursor.fetchone()
    return bool(row and row[0])


def _since(model: type[Rollup], start: int) -> int:
    return start // LENGTHS_S[model] * LENGTHS_S[model]


def _table(model: type[Rollup]) -> str:
    return model._meta.db_table  # noqa: SLF001
