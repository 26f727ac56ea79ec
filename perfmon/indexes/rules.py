"""Which indexes could go and where one is missing, judged from a catalogue. Pure; nothing is executed.

The limits are ours: an index below ``LARGE_BYTES`` costs little and is often unused only because its table is small.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from perfmon.indexes.catalogue import Catalogue, ForeignKey, Index, Table

LARGE_BYTES = 1 << 20
LARGE_ROWS = 10_000
MANY_SCANS = 100  # whole reads of a table; a nightly dump alone makes thirty a month
SCANS_TO_ONE = 20  # index scans for each of those, from which on they are the exception
LONGEST_NAME = 59  # PostgreSQL cuts names at 63 characters
WHOLE = 0.5  # a scan that read this share of the table did not stop early


class Kind(StrEnum):
    """What is the matter, the most pressing first."""

    INVALID = "invalid"
    FOREIGN_KEY = "foreign_key"
    SCANNED = "scanned"
    DUPLICATE = "duplicate"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, with the ``evidence`` it was judged by and the statements that would act on it."""

    kind: Kind
    table: str
    name: str
    evidence: dict[str, Any]
    sql: list[str] = field(default_factory=list)


def invalid(catalogue: Catalogue) -> list[Finding]:
    """Return the indexes that a failed build left behind: they are kept up to date and never used."""
    return [
        Finding(Kind.INVALID, one.table, one.name, {"size_bytes": one.size_bytes}, _repairs(one, catalogue))
        for one in catalogue.indexes
        if not one.valid
    ]


def unused(catalogue: Catalogue) -> tuple[list[Finding], int]:
    """Return the large indexes that were never scanned, neither here nor on a replica, and the number of small ones.

    Not those that are unique, back a constraint or are invalid.
    """
    idle = [one for one in catalogue.indexes if _is_idle(one, catalogue)]
    large = sorted((one for one in idle if (one.size_bytes or 0) >= LARGE_BYTES), key=_by_size)
    found = [
        Finding(
            Kind.UNUSED,
            one.table,
            one.name,
            {"scans": 0, "columns": list(one.columns), "size_bytes": one.size_bytes},
            [_drop(one, catalogue)],
        )
        for one in large
    ]
    return found, len(idle) - len(large)


def duplicates(catalogue: Catalogue) -> list[Finding]:
    """Return the indexes whose columns another one of the same table begins with, which serves their reads too."""
    found = []
    for table in sorted({one.table for one in catalogue.indexes}):
        usable = [one for one in catalogue.indexes if one.table == table and one.valid]
        # What is worth keeping comes first, so that of two alike the other one is named.
        usable.sort(key=lambda one: (not one.bound, not one.unique, -len(one.keys), -(one.scans or 0), one.name))
        for at, one in enumerate(usable):
            rest = usable[:at] + [other for other in usable[at + 1 :] if other.keys != one.keys]
            other = next((other for other in rest if _serves(other, one)), None)
            if other is not None:
                found.append(_duplicate(one, other, catalogue))
    return sorted(found, key=lambda finding: -(finding.evidence["size_bytes"] or 0))


def bare_foreign_keys(catalogue: Catalogue) -> list[Finding]:
    """Return the foreign keys no index begins with: each delete of what they refer to reads the whole table."""
    found = [
        Finding(
            Kind.FOREIGN_KEY,
            key.table,
            key.name,
            {"columns": list(key.columns), "refers_to": key.refers_to, "rows": key.rows},
            [_create(key, catalogue)],
        )
        for key in catalogue.foreign_keys
        if not any(_begins_with(index, key) for index in catalogue.indexes)
    ]
    return sorted(found, key=lambda finding: -(finding.evidence["rows"] or 0))


def scanned(tables: Iterable[Table]) -> list[Finding]:
    """Return the large tables that are often read from end to end, the most rows first."""
    often = [
        table
        for table in tables
        if table.rows >= LARGE_ROWS
        and table.sequential_scans >= MANY_SCANS
        and table.sequential_rows >= WHOLE * table.rows * table.sequential_scans
        and table.index_scans <= SCANS_TO_ONE * table.sequential_scans
    ]
    return [
        Finding(
            Kind.SCANNED,
            table.name,
            table.name,
            {
                "rows": table.rows,
                "size_bytes": table.size_bytes,
                "sequential_scans": table.sequential_scans,
                "rows_a_scan": table.sequential_rows // table.sequential_scans,
                "index_scans": table.index_scans,
            },
        )
        for table in sorted(often, key=lambda table: -table.sequential_rows)
    ]


def _is_idle(one: Index, catalogue: Catalogue) -> bool:
    if one.scans is None or one.scans or one.unique or one.bound or not one.valid:
        return False
    return not any(scans.get(one.name) for scans in catalogue.scans_elsewhere.values())


def _by_size(one: Index) -> int:
    return -(one.size_bytes or 0)


def _serves(other: Index, one: Index) -> bool:
    """Whether ``other`` does all that ``one`` does; one that enforces something is replaced by its like only."""
    if one is other or other.method != one.method or other.predicate != one.predicate or one.bound:
        return False
    if not set(one.included) <= {*other.columns, *other.included}:
        return False
    if other.keys == one.keys:
        return other.unique or not one.unique
    return not one.unique and one.method == "btree" and other.keys[: len(one.keys)] == one.keys


def _duplicate(one: Index, other: Index, catalogue: Catalogue) -> Finding:
    evidence = {
        "columns": list(one.columns),
        "covered_by": other.name,
        "covering_columns": list(other.columns),
        "size_bytes": one.size_bytes,
        "scans": one.scans,
    }
    return Finding(Kind.DUPLICATE, one.table, one.name, evidence, [_drop(one, catalogue)])


def _begins_with(index: Index, key: ForeignKey) -> bool:
    first: Sequence[str] = index.columns[: len(key.columns)]
    return index.table == key.table and index.valid and not index.predicate and set(first) == set(key.columns)


def _repairs(one: Index, catalogue: Catalogue) -> list[str]:
    left_over = one.name.rstrip('"0123456789').endswith(("_ccnew", "_ccold"))
    build = [] if left_over or one.partitioned else [f"REINDEX INDEX{catalogue.concurrently} {one.name};"]
    return [*build, _drop(one, catalogue)]


def _drop(one: Index, catalogue: Catalogue) -> str:
    # Neither can be done concurrently to an index of a partitioned table.
    return f"DROP INDEX{'' if one.partitioned else catalogue.concurrently} {one.name};"


def _create(key: ForeignKey, catalogue: Catalogue) -> str:
    how = "" if key.partitioned else catalogue.concurrently
    name = re.sub(r"\W+", "_", f"{key.table.rpartition('.')[2]} {' '.join(key.columns)}").strip("_")
    return f"CREATE INDEX{how} {name[:LONGEST_NAME]}_idx ON {key.table} ({', '.join(key.columns)});"
